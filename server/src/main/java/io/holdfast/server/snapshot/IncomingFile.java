package io.holdfast.server.snapshot;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A snapshot on its way into a temporary file. Nothing is believed of what an earlier attempt has
 * left there: the sender compares digests of it with its own stream, and at the end all of the file
 * is verified. So a torn end after a power cut does no harm; it is synced now and then all the
 * same, because one large sync at the end would let every other file on the disk wait for its own.
 */
final class IncomingFile implements IncomingSnapshot {
  private static final int READ_BYTES = 256 << 10;
  private static final int UNSYNCED_BYTES_MAX = 4 << 20;

  private final Disk disk;
  private final Path temporary;
  private final Path target;
  private final SnapshotMetadata announced;
  private final long clusterId;
  private final DiskFile file;

  /** Where the next bytes go; negative until it is known. */
  private long position = -1;

  private long unsyncedBytes;
  private boolean ended;

  IncomingFile(Disk disk, Path temporary, Path target, SnapshotMetadata announced, long clusterId)
      throws IOException {
    this.disk = disk;
    this.temporary = temporary;
    this.target = target;
    this.announced = announced;
    this.clusterId = clusterId;
    boolean there = disk.exists(temporary);
    this.file = disk.open(temporary, there ? Disk.Mode.WRITE : Disk.Mode.CREATE);
  }

  boolean isEnded() {
    return ended;
  }

  @Override
  public List<HeldPrefix> held() throws IOException {
    requireOpen();
    PrefixDigest digest = new PrefixDigest();
    if (position < 0) {
      byte[] bytes = new byte[READ_BYTES];
      long at = 0;
      int read;
      while ((read = file.read(ByteBuffer.wrap(bytes), at)) > 0) {
        digest.update(bytes, 0, read);
        at += read;
      }
    }
    return digest.prefixes();
  }

  @Override
  public void resumeAt(long bytes) throws IOException {
    requireOpen();
    if (position >= 0 || bytes < 0 || bytes > file.size()) {
      throw new IOException("a transfer cannot go on at byte " + bytes);
    }
    file.truncate(bytes);
    position = bytes;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    requireOpen();
    if (position < 0) {
      resumeAt(0);
    }
    file.write(ByteBuffer.wrap(bytes, offset, length), position);
    position += length;
    unsyncedBytes += length;
    if (unsyncedBytes >= UNSYNCED_BYTES_MAX) {
      sync();
      unsyncedBytes = 0;
    }
  }

  private void sync() {
    try {
      file.sync();
    } catch (IOException e) {
      throw new StorageFailure("making " + temporary + " durable failed", e);
    }
  }

  @Override
  public ReceivedSnapshot complete() throws IOException {
    requireOpen();
    try {
      SnapshotMetadata metadata = ReceivedFile.verify(disk, temporary, clusterId);
      if (!metadata.equals(announced)) {
        throw new SnapshotDamagedException(
            "footer",
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
  public void suspend() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      file.close();
    } catch (IOException e) {
      throw new StorageFailure("closing " + temporary + " failed", e);
    }
  }

  @Override
  public void abort() {
    if (ended) {
      return;
    }
    suspend();
    try {
      disk.delete(temporary);
    } catch (IOException e) {
      throw new StorageFailure("deleting " + temporary + " failed", e);
    }
  }

  private void requireOpen() throws IOException {
    if (ended) {
      throw new IOException("the snapshot was completed, given up or displaced by another");
    }
  }
}
