package io.holdfast.server.watch;

/**
 * @param catchUpBytesMax how many bytes of keys and values one step of catching up hands out at
 *     most, a last whole revision aside
 * @param recentBytesMax how many bytes of the latest events are kept in memory, for watchers that
 *     are only a little behind
 * @param progressIntervalNanos how often watchers that wish it are told that nothing has happened
 */
public record WatchHubOptions(
    long catchUpBytesMax, long recentBytesMax, long progressIntervalNanos) {
  public WatchHubOptions {
    if (catchUpBytesMax < 1 || recentBytesMax < 0 || progressIntervalNanos < 1) {
      throw new IllegalArgumentException("watch options must be positive");
    }
  }

  /** 256 KiB a step, 4 MiB of recent events, progress every 10 minutes. */
  public static WatchHubOptions defaults() {
    return new WatchHubOptions(256 << 10, 4 << 20, 600_000_000_000L);
  }
}
