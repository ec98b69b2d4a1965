package io.holdfast.server.lease;

/**
 * @param minimumTtlSeconds the shortest time to live that is granted: 1.5 election timeouts,
 *     rounded up
 * @param checkpointIntervalSeconds how often the remaining time of a longer lease is recorded
 * @param revokesPerSecond how many expired leases are proposed for revocation in a second
 * @param revokeRetrySeconds after what time an expired lease that is still there is proposed again
 */
public record LessorOptions(
    long minimumTtlSeconds,
    long checkpointIntervalSeconds,
    int revokesPerSecond,
    long revokeRetrySeconds) {

  /** The longest time to live that can be asked for, in seconds. */
  public static final long TTL_SECONDS_MAX = 9_000_000_000L;

  public LessorOptions {
    if (minimumTtlSeconds < 1
        || checkpointIntervalSeconds < 1
        || revokesPerSecond < 1
        || revokeRetrySeconds < 1) {
      throw new IllegalArgumentException("every lease option must be at least 1");
    }
  }

  /** etcd's defaults for a given election timeout. */
  public static LessorOptions forElectionTimeout(long electionTimeoutMillis) {
    return new LessorOptions((3 * electionTimeoutMillis + 1999) / 2000, 300, 1000, 3);
  }
}
