package io.holdfast.server.backend;

/**
 * Settings of a store file.
 *
 * @param pageCacheBytesMax bound of the cache of decoded pages
 * @param retentionMillis how long a replaced chunk of the file stays before its space is used again
 * @param loadThreads how many threads read the history when it is loaded
 * @param smallBytes how long the file may be before it is worth putting in order: the room that a
 *     shorter one could give back is less than what the work would write
 */
public record BackendOptions(
    long pageCacheBytesMax, int retentionMillis, int loadThreads, long smallBytes) {
  private static final long SMALL_BYTES = 1 << 20;
  private static final int HEAP_SHARE = 32;

  public BackendOptions {
    if (pageCacheBytesMax < 0) {
      throw new IllegalArgumentException(
          "pageCacheBytesMax is " + pageCacheBytesMax + ": give 0 or more");
    }
    if (retentionMillis < 0) {
      throw new IllegalArgumentException(
          "retentionMillis is " + retentionMillis + ": give 0 or more");
    }
    if (loadThreads < 1) {
      throw new IllegalArgumentException("loadThreads is " + loadThreads + ": give 1 or more");
    }
    if (smallBytes < 0) {
      throw new IllegalArgumentException("smallBytes is " + smallBytes + ": give 0 or more");
    }
  }

  /** With one thread to load. */
  public BackendOptions(long pageCacheBytesMax, int retentionMillis) {
    this(pageCacheBytesMax, retentionMillis, 1, SMALL_BYTES);
  }

  public BackendOptions withLoadThreads(int threads) {
    return new BackendOptions(pageCacheBytesMax, retentionMillis, threads, smallBytes);
  }

  public BackendOptions withSmallBytes(long bytes) {
    return new BackendOptions(pageCacheBytesMax, retentionMillis, loadThreads, bytes);
  }

  /** 16 MiB of pages, less where the heap is small, 5 seconds, one thread. */
  public static BackendOptions defaults() {
    return new BackendOptions(
        Math.min(16L << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE), 5_000);
  }
}
