package io.holdfast.server.app.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * A log's file that is set aside when it has grown: {@code member.log} becomes {@code
 * member-2030-01-31T10-20-30.400.log} and is begun anew. It happens between two messages. Whatever
 * fails then, messages go on into the file that is open.
 *
 * <p>Not thread-safe, as its handler calls it under a lock; what was set aside is compressed and
 * removed by an executor, one task after the other.
 */
final class RotatingFile extends OutputStream {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss.SSS");
  private static final String COMPRESSED = ".gz";
  private static final String UNFINISHED = ".part";

  private final Path file;
  private final LogRotation rotation;
  private final Clock clock;
  private final Executor tidying;
  private final Consumer<String> trouble;
  private final ZoneId zone;
  private final String stem;
  private final String suffix;
  private OutputStream out;
  private long bytes;
  private boolean troubled;

  /**
   * Opens the file, at its end.
   *
   * @param tidying must run one task after the other
   * @param trouble told once when the file cannot be set aside
   */
  RotatingFile(
      Path file, LogRotation rotation, Clock clock, Executor tidying, Consumer<String> trouble)
      throws IOException {
    this.file = file.toAbsolutePath();
    this.rotation = rotation;
    this.clock = clock;
    this.tidying = tidying;
    this.trouble = trouble;
    zone = rotation.localTime() ? clock.getZone() : ZoneOffset.UTC;
    String name = this.file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    stem = (dot <= 0 ? name : name.substring(0, dot)) + "-";
    suffix = dot <= 0 ? "" : name.substring(dot);
    open();
  }

  private void open() throws IOException {
    out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    bytes = Files.size(file);
  }

  @Override
  public void write(int one) throws IOException {
    out.write(one);
    bytes++;
  }

  @Override
  public void write(byte[] part, int offset, int length) throws IOException {
    out.write(part, offset, length);
    bytes += length;
  }

  /** The end of a message. */
  @Override
  public void flush() throws IOException {
    out.flush();
    if (bytes >= rotation.bytes()) {
      rotate();
    }
  }

  private void rotate() {
    OutputStream full = out;
    try {
      String time = TIME.format(clock.instant().atZone(zone));
      Files.move(file, file.resolveSibling(stem + time + suffix));
      open();
      full.close();
      troubled = false;
    } catch (IOException e) {
      if (!troubled) {
        troubled = true;
        trouble.accept("the log " + file + " cannot be set aside and goes on growing: " + e);
      }
      return;
    }
    tidying.execute(this::tidy);
  }

  /** A file that was set aside, with the time in its name. */
  private record Backup(Path path, Instant time) {}

  private void tidy() {
    try {
      List<Backup> backups = backups();
      Instant oldest =
          rotation.age().isZero() ? Instant.MIN : clock.instant().minus(rotation.age());
      for (int i = 0; i < backups.size(); i++) {
        Backup backup = backups.get(i);
        boolean surplus = rotation.backups() > 0 && i >= rotation.backups();
        if (surplus || backup.time().isBefore(oldest)) {
          Files.delete(backup.path());
        } else if (rotation.compressed() && !backup.path().toString().endsWith(COMPRESSED)) {
          compress(backup.path());
        }
      }
    } catch (IOException e) {
      trouble.accept("what was set aside of the log " + file + " cannot be tidied up: " + e);
    }
  }

  /** The newest first. */
  private List<Backup> backups() throws IOException {
    List<Backup> backups = new ArrayList<>();
    try (Stream<Path> siblings = Files.list(file.getParent())) {
      for (Path path : siblings.toList()) {
        String name = path.getFileName().toString();
        String plain =
            name.endsWith(COMPRESSED)
                ? name.substring(0, name.length() - COMPRESSED.length())
                : name;
        if (plain.length() > stem.length() + suffix.length()
            && plain.startsWith(stem)
            && plain.endsWith(suffix)) {
          String time = plain.substring(stem.length(), plain.length() - suffix.length());
          addIfTime(backups, path, time);
        }
      }
    }
    backups.sort(Comparator.comparing(Backup::time).reversed());
    return backups;
  }

  /** Files of other names beside the log are somebody else's. */
  private void addIfTime(List<Backup> backups, Path path, String time) {
    try {
      backups.add(new Backup(path, ZonedDateTime.parse(time, TIME.withZone(zone)).toInstant()));
    } catch (DateTimeParseException other) {
      return;
    }
  }

  private static void compress(Path path) throws IOException {
    Path unfinished = path.resolveSibling(path.getFileName() + COMPRESSED + UNFINISHED);
    try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(unfinished))) {
      Files.copy(path, packed);
    }
    Files.move(
        unfinished,
        path.resolveSibling(path.getFileName() + COMPRESSED),
        StandardCopyOption.REPLACE_EXISTING);
    Files.delete(path);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
