package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a log's directory from the oldest segment to the newest. Until everything was read and
 * found good, nothing on disk is changed.
 */
final class Recovery {
  private final Disk disk;
  private final Path directory;
  private final Replay replay = new Replay();
  private final List<Segment> segments = new ArrayList<>();
  private WalIdentity identity;
  private DiskFile lastFile;
  private SegmentReader lastReader;

  Recovery(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  /** The sequence numbers of the segments in a directory listing, ascending. */
  static List<Long> sequences(List<String> names) {
    return names.stream().map(Segment::sequence).flatMap(Optional::stream).sorted().toList();
  }

  /** Whose log a directory holds; empty when it holds no segment. */
  static Optional<WalIdentity> identity(Disk disk, Path directory) {
    try {
      List<Long> sequences =
          disk.exists(directory) ? sequences(disk.list(directory)) : List.<Long>of();
      if (sequences.isEmpty()) {
        return Optional.empty();
      }
      long sequence = sequences.get(0);
      Path path = directory.resolve(Segment.name(sequence));
      try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
        return Optional.of(readHead(path, file, sequence).identity());
      }
    } catch (IOException e) {
      throw unreadable(directory, e);
    }
  }

  /**
   * Reads all segments, then repairs the end of the last one and clears leftovers.
   *
   * @param expected whose log it must be
   * @throws StartupException when it is another's, damaged or unreadable; nothing was changed
   * @throws StorageFailure when the repair could not be written
   */
  Recovered run(List<Long> sequences, WalIdentity expected) {
    try {
      return readAll(sequences, expected);
    } catch (Throwable e) {
      closeQuietly(e);
      throw e;
    }
  }

  private Recovered readAll(List<Long> sequences, WalIdentity expected) {
    SegmentReader previous = null;
    for (int i = 0; i < sequences.size(); i++) {
      long sequence = sequences.get(i);
      Path path = directory.resolve(Segment.name(sequence));
      if (i > 0 && sequence != sequences.get(i - 1) + 1) {
        throw new DamagedStorageException(
            "the log lacks the segment before " + path,
            "; put the missing file back, or restore this member from a backup or its peers",
            null);
      }
      try {
        previous = readOne(path, sequence, i == sequences.size() - 1, previous, expected);
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }
    Recovered recovered = finish(sequences);
    repair();
    return recovered;
  }

  private SegmentReader readOne(
      Path path, long sequence, boolean last, SegmentReader previous, WalIdentity expected)
      throws IOException {
    DiskFile file = disk.open(path, last ? Disk.Mode.WRITE : Disk.Mode.READ);
    try {
      SegmentHead head = readHead(path, file, sequence);
      checkIdentity(path, head.identity(), expected);
      if (previous != null && head.chain() != previous.chain()) {
        Path before = segments.get(segments.size() - 1).path();
        throw damaged(
            before,
            new Damage(
                previous.position(),
                "records are missing: the next segment continues another chain"));
      }
      SegmentReader reader = new SegmentReader(file, head, replay);
      if (last) {
        lastFile = file;
        lastReader = reader;
        reader.readLast();
      } else {
        reader.readWhole();
      }
      segments.add(new Segment(path, sequence, head.segmentBytes(), reader.entryIndexMax()));
      return reader;
    } catch (Damage damage) {
      throw damaged(path, damage);
    } finally {
      if (!last) {
        file.close();
      }
    }
  }

  private Recovered finish(List<Long> sequences) {
    try {
      return replay.finish(identity, false);
    } catch (IllegalArgumentException e) {
      Path first = directory.resolve(Segment.name(sequences.get(0)));
      throw damaged(first, new Damage(Format.HEAD_BYTES, e.getMessage()));
    }
  }

  private void repair() {
    try {
      lastReader.repair();
      Path spare = directory.resolve(SpareSegment.NAME);
      if (disk.exists(spare)) {
        disk.delete(spare);
      }
      disk.syncDirectory(directory);
    } catch (IOException e) {
      throw new StorageFailure("repairing the end of the log in " + directory + " failed", e);
    } catch (Damage e) {
      throw damaged(segments.get(segments.size() - 1).path(), e);
    }
  }

  private void checkIdentity(Path path, WalIdentity found, WalIdentity expected) {
    if (!found.equals(expected)) {
      throw belongsToAnother(path, found, expected);
    }
    identity = found;
  }

  static StartupException belongsToAnother(Path path, WalIdentity found, WalIdentity expected) {
    return new StartupException(
        path
            + " belongs to "
            + found
            + ", but this is "
            + expected
            + "; start it with its own data directory, or with the name and peers it was made with");
  }

  private static SegmentHead readHead(Path path, DiskFile file, long sequence) throws IOException {
    long size = file.size();
    ByteBuffer sector = Format.heap(Format.HEAD_BYTES);
    try {
      if (file.read(sector, 0) < Format.HEAD_BYTES) {
        throw new Damage(size, "the file is shorter than a segment's head");
      }
      return SegmentHead.read(sector.clear(), sequence, size);
    } catch (Damage damage) {
      throw damaged(path, damage);
    }
  }

  private static StartupException damaged(Path path, Damage damage) {
    return new DamagedStorageException(
        "the log is damaged at byte "
            + damage.position()
            + " of "
            + path
            + ": "
            + damage.getMessage(),
        "; nothing was changed; restore this member from a backup or let it rejoin from its"
            + " peers with an empty data directory",
        damage);
  }

  private static StartupException unreadable(Path path, IOException cause) {
    return new StartupException(
        "cannot read " + path + " (" + cause + "); check the disk and the file's permissions",
        cause);
  }

  private void closeQuietly(Throwable reason) {
    if (lastFile != null) {
      try {
        lastFile.close();
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }

  List<Segment> segments() {
    return segments;
  }

  /** The newest segment, open for writing. */
  DiskFile lastFile() {
    return lastFile;
  }

  /** Where the next batch goes in the newest segment. */
  long position() {
    return lastReader.position();
  }

  int chain() {
    return lastReader.chain();
  }
}
