package io.holdfast.server.backend;

/**
 * Settings of a store file.
 *
 * @param pageCacheBytesMax bound of the cache of decoded pages
 * @param retentionMillis how long a replaced chunk of the file stays before its space is used again
 */
public record BackendOptions(long pageCacheBytesMax, int retentionMillis) {
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
  }

  /** 16 MiB of pages, less where the heap is small, and 5 seconds. */
  public static BackendOptions defaults() {
    return new BackendOptions(
        Math.min(16L << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE), 5_000);
  }
}
