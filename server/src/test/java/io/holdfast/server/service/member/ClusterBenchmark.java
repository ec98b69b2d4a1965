package io.holdfast.server.service.member;

import io.holdfast.server.service.MemberTimings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * How fast three members in one process are through the leader's use cases: {@code main [directory]
 * [clients] [seconds]}. All three share the process's cores, so only ratios between runs mean
 * anything.
 */
final class ClusterBenchmark {
  private static final int FIRST_PORT = 31_900;

  private ClusterBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path directory =
        arguments.length > 0 ? Path.of(arguments[0]) : Files.createTempDirectory("holdfast");
    int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 64;
    int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 10;
    LongAdder syncs = new LongAdder();
    try (TestCluster cluster =
        TestCluster.start(
            directory,
            FIRST_PORT,
            builder -> builder.timings(timings(nanos -> syncs.increment())))) {
      Member leader = cluster.member(cluster.awaitLeader());
      for (int round = 0; round < 3; round++) {
        syncs.reset();
        long cpuBefore = MemberBenchmark.cpuNanos();
        long[] latencies = MemberBenchmark.puts(leader, clients, seconds);
        double cpuMicros = (MemberBenchmark.cpuNanos() - cpuBefore) / 1e3 / latencies.length;
        MemberBenchmark.report("put, three members", clients, seconds, latencies);
        System.out.printf(
            "  %.1f us of CPU each; %.1f puts a sync%n",
            cpuMicros, 3.0 * latencies.length / syncs.sum());
      }
    }
  }

  private static MemberTimings timings(LongConsumer walSync) {
    return new MemberTimings() {
      @Override
      public void walSync(long nanos) {
        walSync.accept(nanos);
      }
    };
  }
}
