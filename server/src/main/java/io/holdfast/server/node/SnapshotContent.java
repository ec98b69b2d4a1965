package io.holdfast.server.node;

import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;

/** A state pinned at one applied index, readable on any one thread until it is closed. */
public interface SnapshotContent extends AutoCloseable {
  SnapshotMetadata metadata();

  /**
   * Hands over every record of the state, in the order in which it is to be loaded.
   *
   * @throws IOException the consumer's failure, passed on
   */
  void forEach(SnapshotRecordConsumer consumer) throws IOException;

  /** Releases the pinned version; may be called more than once. */
  @Override
  void close();
}
