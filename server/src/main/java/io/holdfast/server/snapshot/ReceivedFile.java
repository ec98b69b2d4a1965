package io.holdfast.server.snapshot;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.file.Path;

/** A verified snapshot under its final name. */
final class ReceivedFile implements ReceivedSnapshot {
  private final Disk disk;
  private final Path path;
  private final SnapshotMetadata metadata;

  private ReceivedFile(Disk disk, Path path, SnapshotMetadata metadata) {
    this.disk = disk;
    this.path = path;
    this.metadata = metadata;
  }

  /**
   * Reads a whole file.
   *
   * @throws SnapshotDamagedException when it does not check out or is another cluster's
   */
  static ReceivedFile verified(Disk disk, Path path, long clusterId) throws IOException {
    SnapshotMetadata metadata = verify(disk, path, clusterId);
    return new ReceivedFile(disk, path, metadata);
  }

  static SnapshotMetadata verify(Disk disk, Path path, long clusterId) throws IOException {
    try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
      SnapshotReader reader = new SnapshotReader(new FileInput(file));
      if (reader.clusterId() != clusterId) {
        throw new SnapshotDamagedException(
            "header",
            "it is of cluster "
                + Long.toHexString(reader.clusterId())
                + ", not "
                + Long.toHexString(clusterId));
      }
      reader.forEach((kind, key, value) -> {});
      return reader.metadata();
    }
  }

  static ReceivedFile alreadyVerified(Disk disk, Path path, SnapshotMetadata metadata) {
    return new ReceivedFile(disk, path, metadata);
  }

  @Override
  public SnapshotMetadata metadata() {
    return metadata;
  }

  @Override
  public void forEach(SnapshotRecordConsumer consumer) throws IOException {
    try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
      new SnapshotReader(new FileInput(file)).forEach(consumer);
    }
  }

  @Override
  public void delete() {
    try {
      if (disk.exists(path)) {
        disk.delete(path);
        disk.syncDirectory(path.getParent());
      }
    } catch (IOException e) {
      throw new StorageFailure("deleting " + path + " failed", e);
    }
  }
}
