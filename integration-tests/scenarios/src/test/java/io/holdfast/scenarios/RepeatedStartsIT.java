package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Service managers start and stop members for years: whatever one round leaves on the machine piles
 * up. Ten rounds of the packaged program on one data directory leave what one round leaves.
 */
@Timeout(300)
class RepeatedStartsIT {
  private static final int ROUNDS = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Children inherit it, also those that have lost their parent. */
  private static final String MARK = "HOLDFAST_ROUNDS_MARK";

  private final String mark = UUID.randomUUID().toString();
  @TempDir Path directory;
  @TempDir Path temporary;

  @Test
  void aRoundLeavesNothingBehind() throws IOException {
    try (Cluster cluster = Cluster.prepare(Flavor.HOLDFAST, 1, directory)) {
      MemberProcess member = cluster.member(0).withVariables(variables());
      Path data = Path.of(member.flag("data-dir").orElseThrow());
      SortedSet<String> filesOfOneRound = new TreeSet<>();
      for (int round = 1; round <= ROUNDS; round++) {
        member.start().awaitReady(PATIENCE);
        assertTrue(member.post("/v3/kv/put", "{\"key\":\"aw==\",\"value\":\"dg==\"}").isPresent());
        assertEquals(1, marked().size(), "the member is not found by its mark");
        long pid = member.pid();
        assertEquals(0, member.terminate(PATIENCE), member.log());

        bindAtOnce(member, "listen-client-urls");
        bindAtOnce(member, "listen-peer-urls");
        assertEquals(List.of(), marked(), "processes after round " + round);
        assertEquals(new TreeSet<>(), namesIn(temporary), "temporary files after round " + round);
        assertNoFilesOfTheJvm(pid);
        if (round == 1) {
          filesOfOneRound.addAll(namesIn(data));
          assertTrue(filesOfOneRound.size() > 1, "no data: " + filesOfOneRound);
        }
        assertEquals(filesOfOneRound, namesIn(data), "data after round " + round);
      }
    }
  }

  private Map<String, String> variables() {
    String options = Flavor.HOLDFAST.environment().get("HOLDFAST_OPTS");
    return Map.of(
        MARK,
        mark,
        "TMPDIR",
        temporary.toString(),
        "HOLDFAST_OPTS",
        options + " -Djava.io.tmpdir=" + temporary);
  }

  /** Binds as any server does; somebody who still listens there makes it fail. */
  private static void bindAtOnce(MemberProcess member, String flag) throws IOException {
    int port = URI.create(member.flag(flag).orElseThrow()).getPort();
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertTrue(socket.isBound());
    }
  }

  private static SortedSet<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      SortedSet<String> names = new TreeSet<>();
      found
          .filter(path -> !path.equals(folder))
          .forEach(path -> names.add(folder.relativize(path).toString()));
      return names;
    }
  }

  /** Those that a JVM puts into the machine's temporary folder whatever it is told. */
  private static void assertNoFilesOfTheJvm(long pid) {
    Path figures = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"), "" + pid);
    assertTrue(Files.notExists(figures), figures + " is left");
    Path door = Path.of("/tmp/.java_pid" + pid);
    assertTrue(Files.notExists(door), door + " is left");
  }

  /** The processes that run with this test's mark. */
  private List<Path> marked() throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes.filter(this::isMarked).toList();
    }
  }

  private boolean isMarked(Path process) {
    if (!process.getFileName().toString().chars().allMatch(Character::isDigit)) {
      return false;
    }
    try {
      byte[] variables = Files.readAllBytes(process.resolve("environ"));
      return new String(variables, StandardCharsets.ISO_8859_1).contains(MARK + "=" + mark);
    } catch (IOException endedOrSomebodyElses) {
      if (Files.isReadable(process.resolve("environ")) && Files.exists(process.resolve("exe"))) {
        throw new UncheckedIOException(endedOrSomebodyElses);
      }
      return false;
    }
  }
}
