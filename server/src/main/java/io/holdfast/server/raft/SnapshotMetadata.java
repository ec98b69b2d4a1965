package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;
import java.util.Objects;

/**
 * Which point of the log a snapshot stands for: all entries up to and including {@code index} are
 * in it.
 *
 * @param index last index covered; 0 = no snapshot, only the membership the cluster began with
 * @param term term of the entry at {@code index}
 * @param confState the membership in force at {@code index}
 */
public record SnapshotMetadata(long index, long term, ConfState confState) {
  public SnapshotMetadata {
    Objects.requireNonNull(confState, "confState");
    if (index < 0 || term < 0) {
      throw new IllegalArgumentException("snapshot at " + index + "/" + term + ": below zero");
    }
  }

  /** The start of a cluster's life: an empty log and its first membership. */
  public static SnapshotMetadata initial(ConfState confState) {
    return new SnapshotMetadata(0, 0, confState);
  }

  /** Whether there is no snapshot behind this. */
  public boolean isNone() {
    return index == 0;
  }
}
