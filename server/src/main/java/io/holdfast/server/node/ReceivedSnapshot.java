package io.holdfast.server.node;

import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;

/** A verified snapshot file, ready to be installed. */
public interface ReceivedSnapshot {
  SnapshotMetadata metadata();

  /**
   * Reads the records from the beginning; may be called repeatedly.
   *
   * @throws IOException a read failed or a checksum does not match
   */
  void forEach(SnapshotRecordConsumer consumer) throws IOException;

  /** Removes the file once it is installed or no longer wanted. */
  void delete();
}
