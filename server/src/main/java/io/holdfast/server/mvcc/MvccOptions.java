package io.holdfast.server.mvcc;

/**
 * Memory settings of the store.
 *
 * @param valueCacheBytesMax how many bytes of latest values may be kept in memory; 0 keeps none
 */
public record MvccOptions(long valueCacheBytesMax) {
  private static final long DEFAULT_VALUE_CACHE_BYTES = 64L << 20;

  public MvccOptions {
    if (valueCacheBytesMax < 0) {
      throw new IllegalArgumentException(
          "valueCacheBytesMax is " + valueCacheBytesMax + ": give 0 or more");
    }
  }

  /** 64 MiB of values, or a quarter of the heap where that is less. */
  public static MvccOptions defaults() {
    return new MvccOptions(
        Math.min(DEFAULT_VALUE_CACHE_BYTES, Runtime.getRuntime().maxMemory() / 4));
  }
}
