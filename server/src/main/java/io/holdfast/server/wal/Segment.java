package io.holdfast.server.wal;

import java.nio.file.Path;
import java.util.Optional;

/** One file of the log, as the writer remembers it. Not thread-safe. */
final class Segment {
  static final String SUFFIX = ".wal";
  private static final int DIGITS = 16;

  private final Path path;
  private final long sequence;
  private final long sizeBytes;
  private long entryIndexMax;

  Segment(Path path, long sequence, long sizeBytes, long entryIndexMax) {
    this.path = path;
    this.sequence = sequence;
    this.sizeBytes = sizeBytes;
    this.entryIndexMax = entryIndexMax;
  }

  static String name(long sequence) {
    return String.format("%0" + DIGITS + "x%s", sequence, SUFFIX);
  }

  /** The sequence number a file name stands for; empty when it is no segment's name. */
  static Optional<Long> sequence(String name) {
    if (name.length() != DIGITS + SUFFIX.length()
        || !name.endsWith(SUFFIX)
        || !name.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f')
        || name.charAt(0) > '7') {
      return Optional.empty();
    }
    return Optional.of(Long.parseLong(name.substring(0, DIGITS), 16));
  }

  Path path() {
    return path;
  }

  long sequence() {
    return sequence;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** Highest index of an entry in it; 0 = none. */
  long entryIndexMax() {
    return entryIndexMax;
  }

  void holds(long index) {
    entryIndexMax = Math.max(entryIndexMax, index);
  }
}
