package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program, started over data that is not its own: one clear line, exit code 1, and
 * whoever owns the data finds it as it was.
 */
class ForeignDataDirectoryIT {
  private static final int HEAD_BYTES = 512;

  @TempDir private Path folder;
  private Path dataDir;

  @BeforeEach
  void choosePlace() {
    dataDir = folder.resolve("data");
  }

  @Test
  void theDirectoryOfAnEtcdIsLeftToIt() throws Exception {
    Path wal = Files.createDirectories(dataDir.resolve("member/wal"));
    Files.write(wal.resolve("0000000000000000-0000000000000000.wal"), new byte[4_096]);
    Files.write(wal.resolve("0.tmp"), new byte[4_096]);
    Path snap = Files.createDirectories(dataDir.resolve("member/snap"));
    Files.write(snap.resolve("db"), new byte[4_096]);
    assertRefused("which is no part of a log; move it away or choose another data directory");
  }

  @Test
  void aFileIsNoDirectory() throws Exception {
    Files.writeString(dataDir, "somebody's notes\n");
    assertRefused("cannot use");
  }

  @Test
  void aLogOfAnotherMemberIsRefused() throws Exception {
    makeMember("n1", dataDir);
    Path other = folder.resolve("other");
    makeMember("n2", other);
    Path segment = segment(dataDir);
    Files.delete(segment);
    Files.copy(segment(other), segment);
    assertRefused(" belongs to ");
  }

  @Test
  void aTruncatedLogIsRefused() throws Exception {
    makeMember("n1", dataDir);
    Files.delete(dataDir.resolve("member/vote"));
    try (FileChannel log = FileChannel.open(segment(dataDir), StandardOpenOption.WRITE)) {
      log.truncate(HEAD_BYTES / 2);
    }
    assertRefused("the log is damaged at byte");
  }

  @Test
  void aLogOfAnotherFormatIsRefused() throws Exception {
    makeMember("n1", dataDir);
    Files.delete(dataDir.resolve("member/vote"));
    try (FileChannel log = FileChannel.open(segment(dataDir), StandardOpenOption.WRITE)) {
      log.write(ByteBuffer.wrap("another log's first words".getBytes()), 0);
    }
    assertRefused("the log is damaged at byte 0 of ");
  }

  /** A data directory with a member in it, at rest. */
  private void makeMember(String name, Path directory) throws Exception {
    try (PackagedServer server = start(name, directory)) {
      server.awaitReady();
      server.terminate();
      assertEquals(0, server.awaitExit());
    }
  }

  private void assertRefused(String why) throws Exception {
    Map<String, String> before = contents();
    try (PackagedServer server = start("n1", dataDir)) {
      assertEquals(1, server.awaitExit());
      assertEquals(1, server.plainErrorLines().size(), server.errorLines().toString());
      String line = server.plainErrorLines().get(0);
      assertTrue(line.startsWith("holdfast: ") && line.contains(why), line);
      assertTrue(line.contains(dataDir.toString()), line);
    }
    assertEquals(before, contents(), "what a refused start leaves on disk");
  }

  /** Everything below the data directory: names, and a digest of what files hold. */
  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(dataDir)) {
      for (Path path : paths.toList()) {
        String content =
            Files.isDirectory(path) ? "" : "" + Arrays.hashCode(Files.readAllBytes(path));
        contents.put(dataDir.relativize(path).toString(), content);
      }
    }
    return contents;
  }

  private static Path segment(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("member/wal"))) {
      return files
          .filter(file -> file.toString().endsWith(".wal"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private PackagedServer start(String name, Path directory) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("server", "--name=" + name));
    arguments.add("--data-dir=" + directory);
    for (String listener : List.of("client", "peer")) {
      String url = "http://127.0.0.1:" + PackagedServer.freePort();
      arguments.add("--listen-" + listener + "-urls=" + url);
      arguments.add(
          (listener.equals("client")
                  ? "--advertise-client-urls="
                  : "--initial-advertise-peer-urls=")
              + url);
    }
    String peer = arguments.get(arguments.size() - 1).replaceFirst(".*=", "");
    arguments.add("--initial-cluster=" + name + "=" + peer);
    return PackagedServer.run(folder, arguments.toArray(new String[0]));
  }
}
