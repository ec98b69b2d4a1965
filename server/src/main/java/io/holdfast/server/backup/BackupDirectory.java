package io.holdfast.server.backup;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A directory of one member's backups, the newest few of them. Several members may share it: each
 * looks at its own files only. A file gets its name when it is durable and was read back without a
 * fault, and no file goes before enough newer ones were found good. One thread.
 */
public final class BackupDirectory {
  private static final String PART_SUFFIX = ".part";
  private static final int BUFFER_BYTES = 256 << 10;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'.'SSS'Z'").withZone(ZoneOffset.UTC);

  private final Disk disk;
  private final Path directory;
  private final String prefix;
  private final Pattern name;

  /** Names of files that this process has read without a fault. */
  private final Set<String> checked = new HashSet<>();

  /** Writes the bytes of a backup. */
  @FunctionalInterface
  public interface Source {
    void writeTo(OutputStream out) throws IOException;
  }

  /** A finished backup. */
  public record Saved(String fileName, long sizeBytes) {}

  /**
   * What is kept.
   *
   * @param kept checked files
   * @param damaged files that do not check out; they are neither counted nor deleted
   */
  public record Retention(int kept, List<String> deleted, List<String> damaged) {}

  /**
   * @param directory made when missing, with its parents
   * @param memberName set the member's files apart from those of others
   */
  public BackupDirectory(Disk disk, Path directory, String memberName, long clusterId) {
    this.disk = disk;
    this.directory = directory.toAbsolutePath().normalize();
    this.prefix =
        "holdfast-"
            + memberName.replaceAll("[^A-Za-z0-9_-]", "_")
            + "-"
            + Long.toHexString(clusterId)
            + "-";
    this.name = Pattern.compile(Pattern.quote(prefix) + "(\\d{8}T\\d{6}\\.\\d{3}Z)-r\\d+\\.db");
  }

  /**
   * Writes a backup, makes it durable, reads it back, and only then gives it its name.
   *
   * @param nowMillis milliseconds since 1970; a file's name never tells an earlier time than that
   *     of the one before
   * @throws IOException it could not be written, or does not check out: nothing is left of it
   */
  public Saved save(long revision, long nowMillis, Source source) throws IOException {
    create(directory);
    removeParts();
    long atMillis = Math.max(nowMillis, newestMillis().map(newest -> newest + 1).orElse(nowMillis));
    String file = prefix + TIME.format(Instant.ofEpochMilli(atMillis)) + "-r" + revision + ".db";
    Path part = directory.resolve(file + PART_SUFFIX);
    try {
      long size = write(part, source);
      new BackupReader(disk, part, false, bytes -> {}).read(record -> {});
      disk.rename(part, directory.resolve(file));
      disk.syncDirectory(directory);
      checked.add(file);
      return new Saved(file, size);
    } catch (IOException | RuntimeException e) {
      try {
        removeParts();
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  /** Deletes what is older than so many good ones. */
  public Retention retain(int keep) throws IOException {
    List<String> deleted = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    int kept = 0;
    for (String file : newestFirst()) {
      if (kept >= keep) {
        disk.delete(directory.resolve(file));
        checked.remove(file);
        deleted.add(file);
      } else if (isGood(file)) {
        kept++;
      } else {
        damaged.add(file);
      }
    }
    if (!deleted.isEmpty()) {
      disk.syncDirectory(directory);
    }
    return new Retention(kept, deleted, damaged);
  }

  /** When the newest backup was made, in milliseconds since 1970; empty when there is none. */
  public Optional<Long> newestMillis() throws IOException {
    return newestFirst().stream().findFirst().map(this::millisOf);
  }

  private boolean isGood(String file) {
    if (checked.contains(file)) {
      return true;
    }
    try {
      new BackupReader(disk, directory.resolve(file), false, bytes -> {}).read(record -> {});
    } catch (IOException e) {
      return false;
    }
    checked.add(file);
    return true;
  }

  private long write(Path part, Source source) throws IOException {
    try (DiskFile file = disk.open(part, Disk.Mode.CREATE)) {
      FileOutput out = new FileOutput(file);
      BufferedOutputStream buffered = new BufferedOutputStream(out, BUFFER_BYTES);
      source.writeTo(buffered);
      buffered.flush();
      file.sync();
      return out.position;
    }
  }

  private List<String> newestFirst() throws IOException {
    if (!disk.exists(directory)) {
      return List.of();
    }
    List<String> files = new ArrayList<>();
    for (String file : disk.list(directory)) {
      if (name.matcher(file).matches()) {
        files.add(file);
      }
    }
    files.sort(Collections.reverseOrder());
    return files;
  }

  private long millisOf(String file) {
    Matcher matcher = name.matcher(file);
    try {
      return matcher.matches() ? Instant.from(TIME.parse(matcher.group(1))).toEpochMilli() : 0;
    } catch (DateTimeParseException e) {
      return 0;
    }
  }

  private void removeParts() throws IOException {
    for (String file : disk.list(directory)) {
      if (file.startsWith(prefix) && file.endsWith(PART_SUFFIX)) {
        disk.delete(directory.resolve(file));
      }
    }
  }

  private void create(Path wanted) throws IOException {
    if (disk.exists(wanted)) {
      return;
    }
    create(wanted.getParent());
    disk.createDirectory(wanted);
    disk.syncDirectory(wanted.getParent());
  }

  /** A file as a stream. */
  private static final class FileOutput extends OutputStream {
    private final DiskFile file;
    private long position;

    FileOutput(DiskFile file) {
      this.file = file;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      file.write(ByteBuffer.wrap(bytes, offset, length), position);
      position += length;
    }
  }
}
