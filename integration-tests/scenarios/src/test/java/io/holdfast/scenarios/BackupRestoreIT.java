package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of a backup: etcdctl takes it, Holdfast checks it and makes a new cluster of it. */
class BackupRestoreIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern HASH = Pattern.compile("\"hash\":\\s*\"?(\\d+)\"?");
  private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");

  @TempDir Path directory;

  @BeforeEach
  void needsEtcdctl() {
    assumeTrue(Programs.available("etcdctl"));
  }

  @Test
  void threeMembersMadeOfASavedSnapshotHoldWhatWasSaved() throws Exception {
    Path backup = directory.resolve("backup.db");
    String keys;
    String leases;
    try (Cluster old = Cluster.start(Flavor.HOLDFAST, 3, directory.resolve("old"))) {
      Etcdctl etcdctl = new Etcdctl(old.member(0).endpoint());
      String lease = run(etcdctl, "lease", "grant", "600").split(" ")[1];
      for (int i = 0; i < 40; i++) {
        run(etcdctl, "put", "key" + i % 20, "value" + i, "--lease=" + (i % 5 == 0 ? lease : "0"));
      }
      run(etcdctl, "del", "key3");
      run(etcdctl, "compact", "12", "--physical");
      keys = run(etcdctl, "get", "", "--prefix", "-w", "json").replaceAll("\"header\":.*?},", "");
      leases = run(etcdctl, "lease", "list");
      run(etcdctl, "snapshot", "save", backup.toString());
      run(etcdctl, "put", "after", "the backup");
    }
    String status = holdfast("snapshot", "status", backup.toString(), "-w", "json").out();
    Cluster restored =
        new Cluster.Plan(Flavor.HOLDFAST, 3, directory.resolve("new"))
            .flags("--initial-cluster-token=restored")
            .prepare();
    try (restored) {
      for (MemberProcess member : restored.members()) {
        assertEquals(0, restore(backup, member).exitCode());
      }
      restored.start();
      for (MemberProcess member : restored.members()) {
        Etcdctl etcdctl = new Etcdctl(member.endpoint());
        assertEquals(
            keys,
            run(etcdctl, "get", "", "--prefix", "-w", "json").replaceAll("\"header\":.*?},", ""));
        assertEquals(leases, run(etcdctl, "lease", "list"));
        String hash =
            member
                .post("/v3/maintenance/hashkv", "{\"revision\":" + find(REVISION, status) + "}")
                .orElseThrow();
        assertEquals(find(HASH, status), find(HASH, hash), member.name());
      }
      for (MemberProcess member : restored.members()) {
        run(new Etcdctl(member.endpoint()), "put", "by-" + member.name(), "x");
      }
      assertEquals(
          3, run(new Etcdctl(restored.member(0).endpoint()), "member", "list").lines().count());
      Programs.Outcome again = restore(backup, restored.member(0));
      assertEquals(1, again.exitCode());
      assertTrue(again.err().contains("is not empty: nothing was changed"), again.err());
    }
  }

  @Test
  void aDamagedFileIsRefusedByTheNameOfItsPart() throws Exception {
    Path backup = directory.resolve("backup.db");
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("old"))) {
      Etcdctl etcdctl = new Etcdctl(cluster.member(0).endpoint());
      for (int i = 0; i < 10; i++) {
        run(etcdctl, "put", "key" + i, "value" + i);
      }
      run(etcdctl, "snapshot", "save", backup.toString());
    }
    byte[] good = Files.readAllBytes(backup);
    Path damaged = directory.resolve("damaged.db");
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    // Every single bit is tried in process; here it is about what the operator sees.
    for (int i = 0; i < 4; i++) {
      byte[] bytes = good.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(damaged, bytes);
      Programs.Outcome outcome =
          holdfast(
              "snapshot",
              "restore",
              damaged.toString(),
              "--data-dir",
              directory.resolve("never").toString());
      assertEquals(1, outcome.exitCode());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertTrue(
          outcome
              .err()
              .matches("(?s).*damaged in its (header|record \\d+|footer|padding|SHA-256): .*"),
          outcome.err());
      assertFalse(Files.exists(directory.resolve("never")));
    }
  }

  @Test
  void aMemberBacksItselfUpAndKeepsTheNewest() throws Exception {
    Path backups = directory.resolve("backups");
    try (Cluster cluster =
        Cluster.start(
            Flavor.HOLDFAST,
            1,
            directory.resolve("m"),
            "--backup-interval=1s",
            "--backup-dir=" + backups,
            "--backup-keep=2")) {
      MemberProcess member = cluster.member(0);
      run(new Etcdctl(member.endpoint()), "put", "a", "1");
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!member.log().contains("keeping 2, deleted 1")) {
        assertTrue(System.nanoTime() < end, "no backup was deleted:\n" + member.log());
        Thread.sleep(50);
      }
      assertTrue(
          member.get("/metrics").orElseThrow().contains("\nholdfast_backup_failures_total 0.0"));
    }
    List<String> files = names(backups);
    files.removeIf(name -> name.endsWith(".part"));
    assertEquals(2, files.size(), files.toString());
    assertEquals(
        0, holdfast("snapshot", "status", backups.resolve(files.get(1)).toString()).exitCode());
  }

  private static Programs.Outcome restore(Path backup, MemberProcess member) {
    return holdfast(
        "snapshot",
        "restore",
        backup.toString(),
        "--name",
        member.name(),
        "--data-dir",
        member.flag("data-dir").orElseThrow(),
        "--initial-cluster",
        member.flag("initial-cluster").orElseThrow(),
        "--initial-cluster-token",
        member.flag("initial-cluster-token").orElseThrow(),
        "--initial-advertise-peer-urls",
        member.flag("initial-advertise-peer-urls").orElseThrow());
  }

  private static Programs.Outcome holdfast(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Flavor.HOLDFAST.command().get(0));
    command.addAll(List.of(arguments));
    return Programs.run(command, Map.of("HOLDFAST_BUILD", "never"), PATIENCE);
  }

  private static String run(Etcdctl etcdctl, String... arguments) {
    Programs.Outcome outcome = etcdctl.run(arguments);
    assertEquals(0, outcome.exitCode(), () -> String.join(" ", arguments) + ": " + outcome.err());
    return outcome.out();
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertTrue(matcher.find(), text);
    return matcher.group(1);
  }

  private static List<String> names(Path directory) throws IOException {
    try (var paths = Files.list(directory)) {
      return new ArrayList<>(paths.map(path -> path.getFileName().toString()).sorted().toList());
    }
  }
}
