package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.backup.BackupReader;
import io.holdfast.server.backup.BackupStatus;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.KeyValueHash;
import io.holdfast.server.snapshot.SnapshotDamagedException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a real member, and the members that are made of them. */
class RestoreTest {
  private static final long LEASE = 77;

  @TempDir Path directory;

  private Path backup;
  private KeyValueHash hash;
  private long revision;
  private long clusterId;

  /** A backup of a history with overwritten, deleted and leased keys and a compaction. */
  @BeforeEach
  void save() throws Exception {
    backup = directory.resolve("backup.db");
    try (Member member =
        Member.start(MemberConfig.builder("old", directory.resolve("old")).build())) {
      await(member.joined());
      await(member.leases().grant(LEASE, 600));
      for (int i = 0; i < 300; i++) {
        put(member, "key" + i % 100, "value" + i, i % 10 == 0 ? LEASE : 0);
      }
      await(
          member
              .keyValues()
              .deleteRange(new Command.DeleteRange(KeyRange.single(bytes("key7")), false)));
      await(member.keyValues().compact(150, true));
      put(member, "last", "one", 0);
      save(member, backup);
      put(member, "after", "the backup", 0);
      hash = await(member.maintenance().hashKv(302)).body();
      revision = 303;
      clusterId = member.clusterId();
    }
  }

  @Test
  void aBackupSaysWhatItHoldsAndEndsAsEtcdctlWants() throws Exception {
    assertEquals(32, Files.size(backup) % 512);
    BackupStatus status = BackupStatus.of(new RealDisk(), backup, bytes -> {});
    assertEquals(revision, status.hashKv().hashRevision());
    assertEquals(150, status.hashKv().compactRevision());
    assertEquals(100, status.keyCount());
    assertEquals(1, status.leaseCount());
    assertEquals(clusterId, status.contents().about().clusterId());
  }

  @Test
  void threeMembersMadeOfOneFileAreANewClusterWithTheOldData() throws Exception {
    SortedMap<String, List<String>> urls = new TreeMap<>();
    for (int i = 0; i < 3; i++) {
      urls.put("m" + i, List.of("http://127.0.0.1:" + (26_610 + i)));
    }
    List<Member> members = new ArrayList<>();
    try {
      List<Long> ids = new ArrayList<>();
      for (String name : urls.keySet()) {
        Restore.Result result = restore(config(name, urls).build(), 0);
        assertEquals(revision, result.revision());
        assertEquals(100, result.keyCount());
        assertNotEquals(clusterId, result.clusterId());
        ids.add(result.memberId());
      }
      assertEquals(3, ids.stream().distinct().count());
      for (String name : urls.keySet()) {
        members.add(Member.start(config(name, urls).build()));
      }
      for (Member member : members) {
        await(member.joined());
        assertEquals(
            BackupStatus.of(new RealDisk(), backup, bytes -> {}).hashKv().hash(),
            await(member.maintenance().hashKv(revision)).body().hash());
        assertEquals(List.of(LEASE), await(member.leases().leases()).body());
      }
      put(members.get(1), "new", "history", 0);
      for (Member member : members) {
        assertEquals("history", value(member, "new"));
        assertEquals("one", value(member, "last"));
        assertEquals("-", value(member, "key7"));
        assertEquals("-", value(member, "after"));
      }
      assertEquals(3, await(members.get(0).cluster().memberList(false)).body().size());
      await(members.get(2).leases().revoke(LEASE));
      assertEquals("-", value(members.get(0), "key0"), "the leased keys go with their lease");
    } finally {
      members.forEach(Member::close);
    }
    // Restarted, they are still the same.
    try (Member again = Member.start(config("m0", urls).build())) {
      assertEquals(revision + 2, again.counters().revision());
    }
  }

  @Test
  void aBumpedRevisionIsAboveAllThatClientsSaw() throws Exception {
    MemberConfig config = MemberConfig.builder("alone", directory.resolve("bumped")).build();
    assertEquals(revision + 1_000_000, restore(config, 1_000_000).revision());
    for (int start = 0; start < 2; start++) {
      try (Member member = Member.start(config)) {
        await(member.joined());
        assertEquals("one", value(member, "last"));
        StoreException refused =
            assertThrows(
                StoreException.class,
                () ->
                    await(
                        member
                            .keyValues()
                            .range(
                                RangeQuery.builder(KeyRange.all()).revision(revision + 10).build(),
                                true)));
        assertEquals(EtcdError.COMPACTED, refused.error());
        put(member, "after", "the restore", 0);
        assertEquals(revision + 1_000_001 + start, member.counters().revision());
      }
    }
  }

  @Test
  void everyPartThatIsDamagedIsNamedAndNothingIsMade() throws Exception {
    byte[] good = Files.readAllBytes(backup);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Path damaged = directory.resolve("damaged.db");
    Path target = directory.resolve("never");
    for (int i = 0; i < 400; i++) {
      byte[] bytes = good.clone();
      // Also every part that is short: header, footer, padding, digest.
      int at = i < 24 ? i : i < 24 + 200 ? good.length - 1 - (i - 24) : random.nextInt(good.length);
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(damaged, bytes);
      IOException refused =
          assertThrows(
              IOException.class,
              () -> new BackupReader(new RealDisk(), damaged, false, done -> {}).read(r -> {}),
              "byte " + at);
      assertTrue(
          refused
              .getMessage()
              .matches(
                  "(?s)snapshot damaged in its (header|record \\d+|footer|padding|SHA-256): .*"),
          "byte " + at + ": " + refused.getMessage());
      if (i % 40 == 0) {
        MemberConfig config = MemberConfig.builder("m", target).build();
        assertThrows(
            SnapshotDamagedException.class,
            () ->
                new Restore(new RealDisk(), new Restore.Plan(damaged, config, 0, false), done -> {})
                    .run());
        assertFalse(Files.exists(target));
      }
    }
    for (int length : new int[] {0, 1, 23, 24, 500, 512 + 32, good.length - 512, good.length - 1}) {
      Files.write(damaged, Arrays.copyOf(good, length));
      assertThrows(
          IOException.class,
          () -> new BackupReader(new RealDisk(), damaged, false, done -> {}).read(r -> {}),
          "cut at " + length);
    }
  }

  @Test
  void withoutItsHashAFileIsTakenOnlyWhenTold() throws Exception {
    byte[] good = Files.readAllBytes(backup);
    Path cut = directory.resolve("cut.db");
    Files.write(cut, Arrays.copyOf(good, good.length - 32));
    MemberConfig config = MemberConfig.builder("m", directory.resolve("m")).build();
    assertThrows(
        SnapshotDamagedException.class,
        () -> new Restore(new RealDisk(), new Restore.Plan(cut, config, 0, false), b -> {}).run());
    assertEquals(
        revision,
        new Restore(new RealDisk(), new Restore.Plan(cut, config, 0, true), b -> {})
            .run()
            .revision());
  }

  @Test
  void whatIsThereAlreadyIsLeftAlone() throws Exception {
    Path old = directory.resolve("old");
    List<Path> before = files(old);
    StartupException refused =
        assertThrows(
            StartupException.class, () -> restore(MemberConfig.builder("m", old).build(), 0));
    assertTrue(refused.getMessage().contains("--data-dir"), refused.getMessage());
    Path log = directory.resolve("log");
    Files.createDirectories(log);
    Files.writeString(log.resolve("something"), "x");
    Path fresh = directory.resolve("fresh");
    refused =
        assertThrows(
            StartupException.class,
            () -> restore(MemberConfig.builder("m", fresh).walDirectory(log).build(), 0));
    assertTrue(refused.getMessage().contains("--wal-dir"), refused.getMessage());
    assertFalse(Files.exists(fresh));
    assertEquals(before, files(old));
    assertThrows(
        StartupException.class,
        () ->
            restore(
                MemberConfig.builder("m", fresh)
                    .initialCluster(new TreeMap<>(java.util.Map.of("x", List.of("http://h:1"))))
                    .build(),
                0));
    assertFalse(Files.exists(fresh));
  }

  @Test
  void anInterruptedRestoreIsSimplyRepeated() throws Exception {
    Path target = directory.resolve("m");
    Files.createDirectories(target.resolve("member.restoring/snap"));
    Files.writeString(target.resolve("member.restoring/snap/db"), "half");
    MemberConfig config =
        MemberConfig.builder("m", target).walDirectory(directory.resolve("log")).build();
    assertEquals(revision, restore(config, 0).revision());
    try (Member member = Member.start(config)) {
      await(member.joined());
      assertEquals("one", value(member, "last"));
    }
    assertFalse(Files.exists(target.resolve("member.restoring")));
  }

  @Test
  void onlyAFewBackupsAreOpenAtOnce() throws Exception {
    try (Member member =
        Member.start(MemberConfig.builder("old", directory.resolve("old")).build())) {
      await(member.joined());
      List<Backup> open = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        open.add(await(member.maintenance().backup()));
      }
      assertThrows(StoreException.class, () -> await(member.maintenance().backup()));
      open.get(0).close();
      open.get(0).close();
      Backup next = await(member.maintenance().backup());
      assertThrows(StoreException.class, () -> await(member.maintenance().backup()));
      next.close();
      open.forEach(Backup::close);
    }
  }

  private Restore.Result restore(MemberConfig config, long bump) throws IOException {
    return new Restore(new RealDisk(), new Restore.Plan(backup, config, bump, false), b -> {})
        .run();
  }

  private MemberConfig.Builder config(String name, SortedMap<String, List<String>> urls) {
    return MemberConfig.builder(name, directory.resolve(name))
        .initialCluster(urls)
        .initialClusterToken("restored")
        .listenPeerUrls(urls.get(name))
        .initialAdvertisePeerUrls(urls.get(name))
        .heartbeatIntervalMillis(50)
        .electionTimeoutMillis(500);
  }

  private static void save(Member member, Path file) throws Exception {
    try (Backup backup = await(member.maintenance().backup());
        OutputStream out = Files.newOutputStream(file)) {
      long promised = backup.sizeBytes();
      backup.writeTo(out);
      assertEquals(promised, Files.size(file));
    }
  }

  private static void put(Member member, String key, String value, long leaseId) throws Exception {
    await(
        member
            .keyValues()
            .put(
                new Command.Put(
                    io.holdfast.server.mvcc.Key.of(bytes(key)),
                    bytes(value),
                    leaseId,
                    false,
                    false,
                    false)));
  }

  private static String value(Member member, String key) throws Exception {
    return await(
            member
                .keyValues()
                .range(RangeQuery.builder(KeyRange.single(bytes(key))).build(), false))
        .body()
        .keyValues()
        .stream()
        .findFirst()
        .map(pair -> new String(pair.value()))
        .orElse("-");
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.sorted().toList();
    }
  }
}
