package io.holdfast.server.snapshot;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;

/** A snapshot on its way into a temporary file. */
final class IncomingFile implements IncomingSnapshot {
  private final Disk disk;
  private final Path temporary;
  private final Path target;
  private final SnapshotMetadata announced;
  private final long clusterId;
  private final DiskFile file;
  private long position;
  private boolean ended;

  IncomingFile(Disk disk, Path temporary, Path target, SnapshotMetadata announced, long clusterId)
      throws IOException {
    this.disk = disk;
    this.temporary = temporary;
    this.target = target;
    this.announced = announced;
    this.clusterId = clusterId;
    this.file = disk.open(temporary, Disk.Mode.CREATE);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (ended) {
      throw new IOException("the snapshot was completed or given up");
    }
    file.write(ByteBuffer.wrap(bytes, offset, length), position);
    position += length;
  }

  @Override
  public ReceivedSnapshot complete() throws IOException {
    if (ended) {
      throw new IOException("the snapshot was completed or given up");
    }
    try {
      SnapshotMetadata metadata = ReceivedFile.verify(disk, temporary, clusterId);
      if (!metadata.equals(announced)) {
        throw new SnapshotDamagedException(
            "header",
            "it holds the state at index "
                + metadata.index()
                + " of term "
                + metadata.term()
                + ", not the one announced");
      }
    } catch (IOException e) {
      abort();
      throw e;
    }
    ended = true;
    try {
      file.sync();
      file.close();
      disk.rename(temporary, target);
      disk.syncDirectory(target.getParent());
    } catch (IOException e) {
      throw new StorageFailure("making " + target + " durable failed", e);
    }
    return ReceivedFile.alreadyVerified(disk, target, announced);
  }

  @Override
  public void abort() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      file.close();
      disk.delete(temporary);
    } catch (IOException e) {
      throw new StorageFailure("deleting " + temporary + " failed", e);
    }
  }
}
