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
   * Begins to collect a snapshot that a peer sends, or goes on with what an interrupted transfer
   * has left. One at a time: one that is still being received is suspended.
   *
   * @param metadata what the sender announced
   */
  IncomingSnapshot receive(SnapshotMetadata metadata) throws IOException;

  /**
   * Removes what an interrupted transfer has left, unless it is being received.
   *
   * @return whether there was something
   */
  boolean discardPart() throws IOException;

  /** Removes files that an earlier process left behind and that nobody can use any more. */
  void removeLeftovers() throws IOException;
}
