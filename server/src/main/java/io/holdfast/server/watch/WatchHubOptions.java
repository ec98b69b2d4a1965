package io.holdfast.server.watch;

/**
 * @param catchUpBytesMax how many bytes of keys and values one step of catching up reads from
 *     history at most, a last whole revision aside
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

  /** 1 MiB a step, 4 MiB of recent events, progress every 10 minutes. */
  public static WatchHubOptions defaults() {
    return new WatchHubOptions(1 << 20, 4 << 20, 600_000_000_000L);
  }
}
