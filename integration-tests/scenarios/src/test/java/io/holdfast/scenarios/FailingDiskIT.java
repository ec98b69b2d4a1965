package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A member whose disk refuses a write or a sync of the log ends at once, acknowledges nothing from
 * then on, and has everything that it acknowledged before when it starts again.
 */
class FailingDiskIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"fdatasync", "pwrite64"})
  void endsWithoutAcknowledgement(String systemCall) throws Exception {
    assumeTrue(Programs.available("strace"));
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory)) {
      MemberProcess member = cluster.member(0);
      assertTrue(put(member, "before", "kept").isPresent());
      Process strace = failFromNowOn(member, systemCall);
      try {
        assertFalse(
            put(member, "after", "never acknowledged").isPresent(),
            "a put was acknowledged although the disk refused it");
        assertNotEquals(0, member.awaitExit(PATIENCE));
      } finally {
        strace.destroy();
        strace.waitFor();
      }
      assertTrue(
          member.log().contains("the member ends itself"),
          "the log does not say why the member ended:\n" + member.log());
      member.start().awaitReady(PATIENCE);
      assertEquals(Optional.of("kept"), get(member, "before"));
    }
  }

  private Process failFromNowOn(MemberProcess member, String systemCall) throws Exception {
    Path said = directory.resolve("strace-" + systemCall + ".txt");
    Process strace =
        new ProcessBuilder(
                Programs.find("strace").orElseThrow().toString(),
                "-f",
                "-p",
                Long.toString(member.pid()),
                "-e",
                "trace=" + systemCall,
                "-e",
                "inject=" + systemCall + ":error=EIO",
                "-o",
                directory.resolve("trace-" + systemCall + ".txt").toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!read(said).contains("attached")) {
      assertTrue(strace.isAlive(), () -> "strace cannot attach: " + read(said));
      assertTrue(System.nanoTime() < end, "strace did not attach in time");
      Thread.sleep(20);
    }
    return strace;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Optional<String> put(MemberProcess member, String key, String value) {
    return member.post(
        "/v3/kv/put", "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}");
  }

  private static Optional<String> get(MemberProcess member, String key) {
    String answer = member.post("/v3/kv/range", "{\"key\":\"" + base64(key) + "\"}").orElseThrow();
    int start = answer.indexOf("\"value\":\"");
    if (start < 0) {
      return Optional.empty();
    }
    String encoded = answer.substring(start + 9, answer.indexOf('"', start + 9));
    return Optional.of(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
