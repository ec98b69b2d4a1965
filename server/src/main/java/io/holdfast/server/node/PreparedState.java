package io.holdfast.server.node;

import io.holdfast.server.raft.SnapshotMetadata;

/**
 * A received state, loaded and verified beside the live one, ready to take its place. The live
 * state is untouched until {@link StateMachine#install}.
 */
public interface PreparedState extends AutoCloseable {
  SnapshotMetadata metadata();

  /** Throws the prepared state away, unless it was installed. */
  @Override
  void close();
}
