package io.holdfast.server.service.member;

import com.sun.management.OperatingSystemMXBean;
import io.holdfast.server.apply.Command;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.MemberTimings;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * How fast a lone member is through its use cases, without any wire: {@code main [directory]
 * [clients] [seconds]}. Prints puts and linearizable reads per second and where a put's time goes.
 */
final class MemberBenchmark {
  private static final int KEYS = 10_000;
  private static final int VALUE_BYTES = 256;

  private MemberBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path directory =
        arguments.length > 0 ? Path.of(arguments[0]) : Files.createTempDirectory("holdfast");
    int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 64;
    int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 10;
    LongAdder syncs = new LongAdder();
    LongAdder syncNanos = new LongAdder();
    LongAdder commits = new LongAdder();
    LongAdder commitNanos = new LongAdder();
    MemberConfig config =
        MemberConfig.builder("default", directory)
            .timings(
                new MemberTimings() {
                  @Override
                  public void walSync(long nanos) {
                    syncs.increment();
                    syncNanos.add(nanos);
                  }

                  @Override
                  public void backendCommit(long nanos) {
                    commits.increment();
                    commitNanos.add(nanos);
                  }
                })
            .build();
    try (Member member = Member.start(config)) {
      member.joined().toCompletableFuture().get();
      for (int round = 0; round < 3; round++) {
        syncs.reset();
        syncNanos.reset();
        commits.reset();
        commitNanos.reset();
        long cpuBefore = cpuNanos();
        long[] latencies = puts(member, clients, seconds);
        double cpuMicros = (cpuNanos() - cpuBefore) / 1e3 / latencies.length;
        report("put", clients, seconds, latencies);
        System.out.printf("  %.1f us of CPU each, the client's share included%n", cpuMicros);
        System.out.printf(
            "  syncs %d of %.0f us (%.0f%% of the time), %.1f puts each; commits %d of %.1f ms%n",
            syncs.sum(),
            syncNanos.sum() / 1e3 / syncs.sum(),
            syncNanos.sum() / 1e7 / seconds,
            (double) latencies.length / syncs.sum(),
            commits.sum(),
            commitNanos.sum() / 1e6 / Math.max(1, commits.sum()));
      }
      long[] reads = reads(member, seconds);
      report("get", 1, seconds, reads);
    }
  }

  static long[] puts(Member member, int clients, int seconds) throws Exception {
    byte[] value = new byte[VALUE_BYTES];
    ThreadLocalRandom.current().nextBytes(value);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    Semaphore free = new Semaphore(clients);
    long[] latencies = new long[10_000_000];
    LongAdder done = new LongAdder();
    int sent = 0;
    while (System.nanoTime() < end) {
      free.acquire();
      long start = System.nanoTime();
      int slot = sent++;
      member
          .keyValues()
          .put(Command.Put.of(key(), value))
          .whenComplete(
              (response, failure) -> {
                if (failure != null) {
                  throw new IllegalStateException(failure);
                }
                latencies[slot] = System.nanoTime() - start;
                done.increment();
                free.release();
              });
    }
    free.acquire(clients);
    return Arrays.copyOf(latencies, sent);
  }

  private static long[] reads(Member member, int seconds) throws Exception {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    long[] latencies = new long[50_000_000];
    int sent = 0;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      member
          .keyValues()
          .range(RangeQuery.of(KeyRange.single(key())), false)
          .toCompletableFuture()
          .get();
      latencies[sent++] = System.nanoTime() - start;
    }
    return Arrays.copyOf(latencies, sent);
  }

  static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static Key key() {
    int number = ThreadLocalRandom.current().nextInt(KEYS);
    return Key.of(("bench/" + number).getBytes(StandardCharsets.UTF_8));
  }

  static void report(String what, int clients, int seconds, long[] latencies) {
    Arrays.sort(latencies);
    System.out.printf(
        "%s, %d clients: %d/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us%n",
        what,
        clients,
        latencies.length / seconds,
        latencies[latencies.length / 2] / 1e3,
        latencies[(int) (latencies.length * 0.99)] / 1e3,
        latencies[(int) (latencies.length * 0.999)] / 1e3);
  }
}
