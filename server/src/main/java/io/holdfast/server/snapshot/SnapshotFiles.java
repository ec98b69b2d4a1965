package io.holdfast.server.snapshot;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.SetAside;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The directory of received snapshots. A snapshot is collected under a temporary name and gets its
 * final one, which tells term and index, only when all of it was verified and synced. What an
 * interrupted transfer has left stays under the temporary name, for the next one to go on from.
 * Thread-safe.
 */
public final class SnapshotFiles implements SnapshotStore {
  private static final String SUFFIX = ".snap";
  private static final String PART_NAME = "incoming.part";
  private static final String TEMPORARY_SUFFIX = ".tmp";

  private final Disk disk;
  private final Path directory;
  private final long clusterId;
  private Optional<IncomingFile> receiving = Optional.empty();

  private SnapshotFiles(Disk disk, Path directory, long clusterId) {
    this.disk = disk;
    this.directory = directory;
    this.clusterId = clusterId;
  }

  /**
   * Uses a directory, creating it when it is missing; its parent must exist.
   *
   * @param clusterId the only cluster whose snapshots are taken
   */
  public static SnapshotFiles open(Disk disk, Path directory, long clusterId) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    if (!disk.exists(absolute)) {
      disk.createDirectory(absolute);
      disk.syncDirectory(absolute.getParent());
    }
    return new SnapshotFiles(disk, absolute, clusterId);
  }

  @Override
  public void encode(SnapshotContent content, OutputStream out) throws IOException {
    SnapshotWriter writer = new SnapshotWriter(out, clusterId);
    content.forEach(writer);
    writer.finish(content.metadata());
  }

  @Override
  public synchronized IncomingSnapshot receive(SnapshotMetadata metadata) throws IOException {
    receiving.ifPresent(IncomingFile::suspend);
    IncomingFile incoming =
        new IncomingFile(
            disk,
            directory.resolve(PART_NAME),
            directory.resolve(nameOf(metadata)),
            metadata,
            clusterId);
    receiving = Optional.of(incoming);
    return incoming;
  }

  @Override
  public synchronized boolean discardPart() throws IOException {
    Path part = directory.resolve(PART_NAME);
    if (receiving.map(incoming -> !incoming.isEnded()).orElse(false) || !disk.exists(part)) {
      return false;
    }
    disk.delete(part);
    disk.syncDirectory(directory);
    return true;
  }

  /**
   * Makes a complete snapshot that nobody needs any more the beginning of the next transfer, which
   * will find most of it unchanged.
   */
  public synchronized void demote(ReceivedSnapshot snapshot) throws IOException {
    disk.rename(directory.resolve(nameOf(snapshot.metadata())), directory.resolve(PART_NAME));
    disk.syncDirectory(directory);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Of complete snapshots the newest stays: a crash may have come between the log's mark and the
   * state machine's installing it. See {@link #newest}.
   *
   * @throws StorageFailure when the directory cannot be synced
   */
  @Override
  public void removeLeftovers() throws IOException {
    List<String> names = disk.list(directory);
    Optional<String> keep = newestName(names);
    boolean removed = false;
    for (String name : names) {
      boolean old = name.endsWith(SUFFIX) && !keep.equals(Optional.of(name));
      if (old || name.endsWith(TEMPORARY_SUFFIX)) {
        disk.delete(directory.resolve(name));
        removed = true;
      }
    }
    if (removed) {
      disk.syncDirectory(directory);
    }
  }

  /**
   * The complete snapshot with the highest term and index, verified; empty when there is none.
   *
   * @throws SnapshotDamagedException when it was altered after it was received
   */
  public Optional<ReceivedSnapshot> newest() throws IOException {
    Optional<String> name = newestName(disk.list(directory));
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(ReceivedFile.verified(disk, directory.resolve(name.get()), clusterId));
  }

  /**
   * Puts the newest complete snapshot out of the way, as it is damaged; it is kept.
   *
   * @return the name it has now; empty when there was none
   */
  public synchronized Optional<String> setNewestAside() throws IOException {
    Optional<String> name = newestName(disk.list(directory));
    if (name.isEmpty()) {
      return Optional.empty();
    }
    String aside = SetAside.name(name.get(), SetAside.nextNumber(disk, directory));
    disk.rename(directory.resolve(name.get()), directory.resolve(aside));
    disk.syncDirectory(directory);
    return Optional.of(aside);
  }

  private static String nameOf(SnapshotMetadata metadata) {
    return String.format("%016x-%016x", metadata.term(), metadata.index()) + SUFFIX;
  }

  private static Optional<String> newestName(List<String> names) {
    return names.stream().filter(name -> name.endsWith(SUFFIX)).max(String::compareTo);
  }
}
