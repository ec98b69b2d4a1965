package io.holdfast.server.app.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingFileTest {
  private static final Instant BEGIN = Instant.parse("2030-01-31T10:20:30.400Z");
  private static final String FIRST = "member-2030-01-31T10-20-30.400.log";

  @TempDir Path directory;
  private final List<String> troubles = new ArrayList<>();
  private Instant now = BEGIN;

  private final Clock clock =
      new Clock() {
        @Override
        public ZoneId getZone() {
          return ZoneOffset.ofHours(2);
        }

        @Override
        public Clock withZone(ZoneId zone) {
          throw new UnsupportedOperationException();
        }

        @Override
        public Instant instant() {
          return now;
        }
      };

  @Test
  void aFileThatHasGrownIsSetAsideBetweenTwoMessages() throws IOException {
    try (RotatingFile file = open(new LogRotation(10, 0, Duration.ZERO, false, false))) {
      say(file, "one\n");
      say(file, "two and ", "more\n");
      say(file, "three\n");
    }
    assertEquals(List.of(FIRST, "member.log"), names());
    assertEquals("one\ntwo and more\n", read(FIRST));
    assertEquals("three\n", read("member.log"));
    assertEquals(List.of(), troubles);
  }

  @Test
  void aFileOfAnEarlierStartIsGoneOnWith() throws IOException {
    Files.writeString(directory.resolve("member.log"), "12345678\n");
    try (RotatingFile file = open(new LogRotation(10, 0, Duration.ZERO, true, false))) {
      say(file, "x\n");
    }
    assertEquals("12345678\nx\n", read("member-2030-01-31T12-20-30.400.log"));
    assertEquals("", read("member.log"));
  }

  @Test
  void onlySoManyAreKeptAndOthersFilesLeftAlone() throws IOException {
    List<String> others = List.of("member-notes.log", "member-2030.log", "other.log");
    for (String other : others) {
      Files.writeString(directory.resolve(other), "mine");
    }
    try (RotatingFile file = open(new LogRotation(1, 2, Duration.ZERO, false, false))) {
      for (int i = 0; i < 5; i++) {
        say(file, i + "\n");
        now = now.plusSeconds(1);
      }
    }
    List<String> names = names();
    assertTrue(names.containsAll(others), names.toString());
    names.removeAll(others);
    assertEquals(
        List.of(
            "member-2030-01-31T10-20-33.400.log",
            "member-2030-01-31T10-20-34.400.log",
            "member.log"),
        names);
  }

  @Test
  void whatIsTooOldGoes() throws IOException {
    try (RotatingFile file = open(new LogRotation(1, 0, Duration.ofDays(2), false, false))) {
      say(file, "old\n");
      now = BEGIN.plus(Duration.ofDays(1));
      say(file, "new\n");
      assertEquals(3, names().size());
      now = BEGIN.plus(Duration.ofDays(2)).plusMillis(1);
      say(file, "newest\n");
    }
    assertEquals(
        List.of(
            "member-2030-02-01T10-20-30.400.log",
            "member-2030-02-02T10-20-30.401.log",
            "member.log"),
        names());
  }

  @Test
  void whatWasSetAsideIsCompressedAndStillCounted() throws IOException {
    try (RotatingFile file = open(new LogRotation(1, 2, Duration.ZERO, false, true))) {
      for (int i = 0; i < 3; i++) {
        say(file, "message " + i + "\n");
        now = now.plusSeconds(1);
      }
    }
    assertEquals(
        List.of(
            "member-2030-01-31T10-20-31.400.log.gz",
            "member-2030-01-31T10-20-32.400.log.gz",
            "member.log"),
        names());
    Path packed = directory.resolve("member-2030-01-31T10-20-32.400.log.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      assertEquals("message 2\n", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void noMessageIsLostWhenItCannotBeSetAside() throws IOException {
    Files.createDirectories(directory.resolve(FIRST).resolve("in the way"));
    try (RotatingFile file = open(new LogRotation(1, 0, Duration.ZERO, false, false))) {
      say(file, "one\n");
      say(file, "two\n");
      assertEquals("one\ntwo\n", read("member.log"));
      assertEquals(1, troubles.size(), troubles.toString());
      now = now.plusSeconds(1);
      say(file, "three\n");
    }
    assertEquals("one\ntwo\nthree\n", read("member-2030-01-31T10-20-31.400.log"));
    assertEquals("", read("member.log"));
  }

  private RotatingFile open(LogRotation rotation) throws IOException {
    return new RotatingFile(
        directory.resolve("member.log"), rotation, clock, Runnable::run, troubles::add);
  }

  private static void say(RotatingFile file, String... parts) throws IOException {
    for (String part : parts) {
      file.write(part.getBytes(StandardCharsets.UTF_8));
    }
    file.flush();
  }

  private String read(String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }
}
