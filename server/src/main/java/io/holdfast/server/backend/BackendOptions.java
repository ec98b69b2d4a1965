package io.holdfast.server.backend;

/**
 * Settings of a store file.
 *
 * @param pageCacheBytesMax bound of the cache of decoded pages
 * @param retentionMillis how long a replaced chunk of the file stays before its space is used again
 * @param loadThreads how many threads read the history when it is loaded
 */
public record BackendOptions(long pageCacheBytesMax, int retentionMillis, int loadThreads) {
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
  }

  /** With one thread to load. */
  public BackendOptions(long pageCacheBytesMax, int retentionMillis) {
    this(pageCacheBytesMax, retentionMillis, 1);
  }

  public BackendOptions withLoadThreads(int threads) {
    return new BackendOptions(pageCacheBytesMax, retentionMillis, threads);
  }

  /** 16 MiB of pages, less where the heap is small, 5 seconds, one thread. */
  public static BackendOptions defaults() {
    return new BackendOptions(
        Math.min(16L << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE), 5_000);
  }
}
