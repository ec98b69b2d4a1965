package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes of a stopped member's files change: the other two give it back what it lost. */
class DamagedFilesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int PUTS = 150;
  private static final Pattern HASH = Pattern.compile("\"hash\":(\\d+)");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"log", "store", "both"})
  void oneOfThreeIsRepaired(String what) throws Exception {
    try (Cluster cluster =
        Cluster.start(
            Flavor.HOLDFAST,
            3,
            directory,
            "--snapshot-count=50",
            "--snapshot-catchup-entries=10")) {
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      fill(leader, "before");
      int victim = (cluster.members().indexOf(leader) + 1) % 3;
      MemberProcess member = cluster.member(victim);
      member.terminate(PATIENCE);
      if (!what.equals("store")) {
        flipInLog(victim);
      }
      if (!what.equals("log")) {
        flipAllOverStore(victim);
      }
      fill(cluster.awaitLeader(PATIENCE), "meanwhile");
      member.start().awaitReady(PATIENCE);
      awaitEqualHashes(cluster);
      assertTrue(metric(member, "holdfast_member_repairing") == 0, member::log);
      assertTrue(setAside(victim), "nothing was set aside:\n" + member.log());
      // It is one of the quorum again.
      cluster.member((victim + 1) % 3).terminate(PATIENCE);
      cluster.awaitLeader(PATIENCE);
      assertTrue(putUntilTaken(member, "after", "repair"), cluster::logTails);
    }
  }

  private static void fill(MemberProcess member, String prefix) throws InterruptedException {
    for (int i = 0; i < PUTS; i++) {
      assertTrue(putUntilTaken(member, prefix + i % 40, "value" + i), member::log);
    }
  }

  private void flipInLog(int member) throws IOException {
    try (Stream<Path> files = Files.list(data(member).resolve("wal"))) {
      List<Path> segments =
          files.filter(path -> path.toString().endsWith(".wal")).sorted().toList();
      flip(segments.get(0), 3000, Integer.MAX_VALUE);
    }
  }

  private void flipAllOverStore(int member) throws IOException {
    flip(data(member).resolve("snap").resolve("db"), 8192, 61);
  }

  private static void flip(Path file, int from, int step) throws IOException {
    byte[] content = Files.readAllBytes(file);
    for (long at = from; at < content.length; at += step) {
      content[(int) at] ^= 0x20;
    }
    Files.write(file, content);
  }

  private boolean setAside(int member) throws IOException {
    try (Stream<Path> files = Files.walk(data(member))) {
      return files.anyMatch(path -> path.toString().contains(".damaged-"));
    }
  }

  private Path data(int member) {
    return directory.resolve("m" + member).resolve("data").resolve("member");
  }

  private static void awaitEqualHashes(Cluster cluster) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    Set<String> hashes = new HashSet<>();
    while (System.nanoTime() < end) {
      hashes.clear();
      for (MemberProcess member : cluster.members()) {
        hashes.add(hash(member).orElse("none of " + member.name()));
      }
      if (hashes.size() == 1) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("the members' hashes differ: " + hashes + "\n" + cluster.logTails());
  }

  private static Optional<String> hash(MemberProcess member) {
    return member
        .post("/v3/maintenance/hashkv", "{}")
        .map(HASH::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1));
  }

  private static double metric(MemberProcess member, String name) {
    return member
        .get("/metrics")
        .flatMap(page -> page.lines().filter(line -> line.startsWith(name + " ")).findFirst())
        .map(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .orElse(Double.NaN);
  }

  private static boolean putUntilTaken(MemberProcess member, String key, String value)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      if (put(member, key, value)) {
        return true;
      }
      Thread.sleep(50);
    }
    return false;
  }

  private static boolean put(MemberProcess member, String key, String value) {
    return member
        .post("/v3/kv/put", "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}")
        .isPresent();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
