package io.holdfast.server.service.member;

import java.time.Duration;

/** Which history the leader gives up by itself. */
public sealed interface AutoCompaction {
  /** None: a client compacts. */
  record Off() implements AutoCompaction {}

  /**
   * What is older than a time. It happens as often, but at least once an hour.
   *
   * @param retention positive
   */
  record Periodic(Duration retention) implements AutoCompaction {
    public Periodic {
      if (retention.isZero() || retention.isNegative()) {
        throw new IllegalArgumentException("retention must be positive: " + retention);
      }
    }
  }

  /**
   * All but the newest revisions, every five minutes.
   *
   * @param retention how many revisions stay; positive
   */
  record ByRevision(long retention) implements AutoCompaction {
    public ByRevision {
      if (retention <= 0) {
        throw new IllegalArgumentException("retention must be positive: " + retention);
      }
    }
  }
}
