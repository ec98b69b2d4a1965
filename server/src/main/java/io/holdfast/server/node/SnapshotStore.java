package io.holdfast.server.node;

import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Snapshots as checksummed streams of records: the leader encodes its pinned state into one, the
 * follower collects the bytes in a temporary file and verifies them before anything is replaced.
 */
public interface SnapshotStore {
  /**
   * Writes the whole stream, metadata first, checksums included. Blocks as the stream blocks.
   *
   * @throws IOException the stream's failure, passed on
   */
  void encode(SnapshotContent content, OutputStream out) throws IOException;

  /**
   * Begins to collect a snapshot that a peer sends, in a temporary file beside the final one.
   *
   * @param metadata what the sender announced
   */
  IncomingSnapshot receive(SnapshotMetadata metadata) throws IOException;

  /** Removes the temporary files that an earlier process left behind. */
  void removeLeftovers() throws IOException;
}
