package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Times the store by itself, on one thread: puts, gets, ranges, compaction, restart. To be run by
 * hand, on a disk: {@code MvccBenchmark <directory> [keys] [value bytes] [cache MiB]}.
 */
public final class MvccBenchmark {
  private static final int COMMIT_EVERY = 1_000;
  private static final int SYNC_EVERY = 200_000;
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  private final int keys;
  private final byte[] value;
  private final Path file;
  private final MvccOptions options;
  private final SplittableRandom random = new SplittableRandom(1);
  private Backend backend;
  private MvccStore store;
  private long index;

  private MvccBenchmark(Path directory, int keys, int valueBytes, long cacheBytes) {
    this.keys = keys;
    this.value = new byte[valueBytes];
    this.file = directory.resolve("benchmark-store");
    this.options = new MvccOptions(cacheBytes);
  }

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    int keys = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1_000_000;
    int valueBytes = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 256;
    long cacheBytes = (arguments.length > 3 ? Long.parseLong(arguments[3]) : 128) << 20;
    new MvccBenchmark(directory, keys, valueBytes, cacheBytes).run();
  }

  private void run() throws IOException {
    Files.deleteIfExists(file);
    open();
    timed("put, new keys at random", keys, () -> puts(keys, true));
    memory("after puts");
    timed("put, known keys", keys / 2, () -> puts(keys / 2, false));
    timed("put, known keys, again", keys / 2, () -> puts(keys / 2, false));
    timed("get at random", 1_000_000, () -> gets(1_000_000));
    timed("get at random, again", 1_000_000, () -> gets(1_000_000));
    timed("get among 10,000 keys", 1_000_000, () -> getsAmong(1_000_000, 10_000));
    timed("get among 10,000 keys, again", 1_000_000, () -> getsAmong(1_000_000, 10_000));
    timed("range of 1000 at random", 2_000, () -> ranges(2_000, keys));
    timed("range of 1000 among 10,000", 5_000, () -> ranges(5_000, 10_000));
    timed("range of 1000 among 10,000, again", 5_000, () -> ranges(5_000, 10_000));
    timed("count of everything", 10, () -> counts(10));
    timed("hash of everything", 1, () -> store.hashKv(0));
    timed("compaction", 1, this::compaction);
    memory("after compaction");
    backend.commit(++index, 1);
    timed("close", 1, backend::close);
    store = null;
    backend = null;
    memory("closed");
    timed("restart", 1, this::open);
    memory("after restart");
    timed("range of 1000 at random, after restart", 2_000, () -> ranges(2_000, keys));
    timed("get at random, after restart", 1_000_000, () -> gets(1_000_000));
    backend.close();
    store = null;
    backend = null;
    timed("restart, warm", 1, this::open);
    backend.close();
    Files.deleteIfExists(file);
  }

  private void open() {
    backend = Backend.open(file, BackendOptions.defaults());
    store = MvccStore.open(backend, options);
    index = backend.appliedIndex();
  }

  private void puts(int count, boolean fresh) {
    int stride = 7_368_787;
    for (int i = 0; i < count; i++) {
      int number = fresh ? (int) ((long) i * stride % keys) : random.nextInt(keys);
      WriteTxn txn = store.beginWrite();
      txn.put(Key.of(cheapKey(number)), value.clone(), 0);
      txn.end();
      index++;
      if (index % COMMIT_EVERY == 0) {
        backend.commit(index, 1);
      }
      if (index % SYNC_EVERY == 0) {
        backend.sync();
      }
    }
  }

  private static final byte[] KEY_PREFIX = "/registry/pods/".getBytes(StandardCharsets.US_ASCII);

  /** Same as {@link #key} but without the cost of formatting. */
  private static byte[] cheapKey(int number) {
    byte[] key = new byte[KEY_PREFIX.length + 10];
    System.arraycopy(KEY_PREFIX, 0, key, 0, KEY_PREFIX.length);
    int left = number;
    for (int i = key.length - 1; i >= KEY_PREFIX.length; i--) {
      key[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
    return key;
  }

  private void gets(int count) {
    getsAmong(count, keys);
  }

  private void getsAmong(int count, int among) {
    for (int i = 0; i < count; i++) {
      byte[] key = cheapKey(random.nextInt(among));
      RangeResult result = store.range(RangeQuery.of(KeyRange.single(key)));
      if (result.count() != 1 || result.keyValues().get(0).value().length != value.length) {
        throw new IllegalStateException("lost " + new String(key, StandardCharsets.US_ASCII));
      }
    }
  }

  private void ranges(int count, int among) {
    for (int i = 0; i < count; i++) {
      int start = random.nextInt(Math.max(1, among - 1000));
      KeyRange range = KeyRange.of(cheapKey(start), cheapKey(start + 1000));
      if (store.range(RangeQuery.of(range)).keyValues().size() != 1000) {
        throw new IllegalStateException("range from " + start);
      }
    }
  }

  private void counts(int count) {
    for (int i = 0; i < count; i++) {
      store.range(RangeQuery.builder(KeyRange.all()).countOnly(true).build());
    }
  }

  private void compaction() {
    store.compact(store.currentRevision());
    long longest = 0;
    long synced = System.nanoTime();
    boolean more = true;
    while (more) {
      long start = System.nanoTime();
      more = store.compactStep(500);
      backend.commit(index, 1);
      longest = Math.max(longest, System.nanoTime() - start);
      if (System.nanoTime() - synced > 2_000_000_000L) {
        backend.sync();
        synced = System.nanoTime();
      }
    }
    backend.sync();
    System.out.printf("  longest step with its commit %.1f ms%n", longest / 1e6);
  }

  private static void timed(String what, int count, Runnable work) {
    long cpu = CPU.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    work.run();
    long elapsed = System.nanoTime() - start;
    cpu = CPU.getCurrentThreadCpuTime() - cpu;
    System.out.printf(
        "%-40s %10.3f us each, %8.3f us CPU, %8.1f ms in all%n",
        what, elapsed / 1e3 / count, cpu / 1e3 / count, elapsed / 1e6);
  }

  private void memory(String when) {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "%-40s heap %d MiB used, file %d MiB (%d in use), values cached %d MiB%n",
        when,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20,
        backend == null ? 0 : backend.sizeBytes() >> 20,
        backend == null ? 0 : backend.sizeInUseBytes() >> 20,
        store == null ? 0 : store.cachedValueBytes() >> 20);
  }
}
