package io.holdfast.server.backup;

import io.holdfast.server.apply.StateSnapshot;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.snapshot.FileInput;
import io.holdfast.server.snapshot.SnapshotDamagedException;
import io.holdfast.server.snapshot.SnapshotReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/** Reads backup files, checking everything. */
public final class BackupReader {
  private static final String SHA256 = "SHA-256";

  private final Disk disk;
  private final Path file;
  private final boolean hashSkipped;
  private final LongConsumer progress;

  /**
   * What a file says of itself.
   *
   * @param metadata the position in the log and the membership when the backup was made
   * @param records how many records there are, the facts about the backup included
   * @param fileBytes the length of the file
   */
  public record Contents(
      SnapshotMetadata metadata, BackupAbout about, long records, long fileBytes) {}

  /**
   * @param hashSkipped whether the SHA-256 at the end may be wrong or missing; everything else is
   *     checked nevertheless
   * @param progress told now and then how many bytes were read
   */
  public BackupReader(Disk disk, Path file, boolean hashSkipped, LongConsumer progress) {
    this.disk = disk;
    this.file = file;
    this.hashSkipped = hashSkipped;
    this.progress = progress;
  }

  /** The length of the file. */
  public long sizeBytes() throws IOException {
    try (DiskFile opened = disk.open(file, Disk.Mode.READ)) {
      return opened.size();
    }
  }

  /**
   * Reads the file from the beginning and hands over the records of the state. Only when it returns
   * are they known to be whole. May be called repeatedly.
   *
   * @throws SnapshotDamagedException when the file is damaged, naming the part, is of a later
   *     format, or is no backup
   */
  public Contents read(StateSnapshot.StoredRecordConsumer consumer) throws IOException {
    try (DiskFile opened = disk.open(file, Disk.Mode.READ)) {
      long size = opened.size();
      boolean hasHash = size % BackupFormat.BLOCK_BYTES == BackupFormat.DIGEST_BYTES;
      long streamBytes = hasHash ? size - BackupFormat.DIGEST_BYTES : size;
      Digested in = new Digested(new FileInput(opened, streamBytes));
      SnapshotReader reader = new SnapshotReader(in, BackupFormat.BLOCK_BYTES - 1);
      Map<String, String> facts = new HashMap<>();
      SnapshotRecordConsumer records = StateSnapshot.reader(consumer);
      long count =
          reader.forEach(
              (kind, key, value) -> {
                if (kind == BackupFormat.KIND_OF_FACTS) {
                  facts.put(text(key), text(value));
                } else {
                  records.accept(kind, key, value);
                }
              });
      if (!hashSkipped) {
        checkHash(opened, hasHash, streamBytes, in.digest.digest());
      }
      progress.accept(size);
      BackupAbout about = BackupAbout.of(reader.clusterId(), facts);
      return new Contents(reader.metadata(), about, count, size);
    }
  }

  private static void checkHash(DiskFile opened, boolean hasHash, long at, byte[] computed)
      throws IOException {
    if (!hasHash) {
      throw new SnapshotDamagedException(
          SHA256, "there is none at the end: the file was cut, or was never finished");
    }
    byte[] stored = new byte[BackupFormat.DIGEST_BYTES];
    opened.read(ByteBuffer.wrap(stored), at);
    if (!MessageDigest.isEqual(stored, computed)) {
      throw new SnapshotDamagedException(SHA256, "it does not match what it stands behind");
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Digests what passes and tells how far it is. */
  private final class Digested extends FilterInputStream {
    private static final long STEP_BYTES = 1 << 20;

    private final MessageDigest digest = BackupFormat.sha256();
    private long bytes;
    private long told;

    Digested(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = in.read(target, offset, length);
      if (read > 0) {
        digest.update(target, offset, read);
        bytes += read;
        if (bytes - told >= STEP_BYTES) {
          told = bytes;
          progress.accept(bytes);
        }
      }
      return read;
    }
  }
}
