package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.DamagedStorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads a segment that is written no more once again, piece by piece, and verifies every checksum
 * in it; changes nothing. The log may be in use meanwhile. One thread.
 */
public final class SegmentCheck implements AutoCloseable {
  private final Disk disk;
  private final Path path;
  private final DiskFile file;
  private final SegmentReader reader;

  private SegmentCheck(Disk disk, Path path, DiskFile file, SegmentReader reader) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.reader = reader;
  }

  /** The segments in a log's directory that are written no more, oldest first. */
  public static List<Path> sealedSegments(Disk disk, Path directory) throws IOException {
    List<Long> sequences = Recovery.sequences(disk.list(directory));
    return sequences.subList(0, Math.max(0, sequences.size() - 1)).stream()
        .map(sequence -> directory.resolve(Segment.name(sequence)))
        .toList();
  }

  /**
   * Opens a segment and verifies its head.
   *
   * @throws DamagedStorageException when the head does not check out
   * @throws IOException when it cannot be read; it may be gone, as segments are used again
   */
  public static SegmentCheck open(Disk disk, Path path) throws IOException {
    DiskFile file = disk.open(path, Disk.Mode.READ);
    try {
      long sequence = Segment.sequence(path.getFileName().toString()).orElseThrow();
      ByteBuffer sector = Format.heap(Format.HEAD_BYTES);
      long size = file.size();
      if (file.read(sector, 0) < Format.HEAD_BYTES) {
        throw new Damage(size, "the file is shorter than a segment's head");
      }
      SegmentHead head = SegmentHead.read(sector.clear(), sequence, size);
      return new SegmentCheck(
          disk, path, file, new SegmentReader(file, head, new Replay.Nothing()));
    } catch (Damage damage) {
      file.close();
      throw reported(disk, path, damage);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Verifies some more.
   *
   * @param bytes about how many
   * @return how many were read, more than that where a batch is larger; empty at the end
   * @throws DamagedStorageException naming the file and the place
   * @throws IOException when it cannot be read, or has been given another use meanwhile
   */
  public OptionalLong step(long bytes) throws IOException {
    try {
      return reader.readSome(bytes);
    } catch (Damage damage) {
      throw reported(disk, path, damage);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** A segment that was used again while it was read is not damaged. */
  private static DamagedStorageException reported(Disk disk, Path path, Damage damage)
      throws IOException {
    if (!disk.exists(path)) {
      throw new IOException(path + " is no segment any more");
    }
    return new DamagedStorageException(
        "the log is damaged at byte "
            + damage.position()
            + " of "
            + path
            + ": "
            + damage.getMessage(),
        "",
        damage);
  }
}
