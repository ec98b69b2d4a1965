package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.WriteTxn;
import io.holdfast.server.service.KeyValueHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage that shows while members run: who notices, who goes on, and how it ends. */
class CorruptionClusterTest {
  private static final int FIRST_PORT = 27430;
  private static final int KEYS = 200;

  @TempDir Path directory;
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();

  @Test
  void theScrubberFindsDamageAndTheOthersGoOn() throws Exception {
    IntegrityOptions scrubbing =
        IntegrityOptions.defaults().withScrubbing(100L << 20, 200).withCorruptCheckMillis(0);
    try (TestCluster cluster =
        TestCluster.start(
            directory,
            FIRST_PORT,
            settings ->
                settings.snapshotCount(40).snapshotCatchupEntries(10).integrity(scrubbing))) {
      for (int wave = 0; wave < 10; wave++) {
        cluster.putMany(cluster.awaitLeader(), 60, KEYS);
      }
      int victim = restartWatched(cluster, (cluster.awaitLeader() + 1) % TestCluster.SIZE);
      await(cluster.member(victim).joined());
      awaitTrue(
          "a pass without a finding",
          () -> cluster.member(victim).counters().integrity().scrubPassesTotal() > 0);
      assertEquals(0, cluster.member(victim).counters().integrity().damageFoundTotal());
      damageLive(store(victim));
      awaitTrue("the end of the damaged member", () -> !fatal.isEmpty());
      assertTrue(fatal.get(0).getMessage().contains("ends itself"), fatal.get(0).getMessage());
      assertTrue(cluster.member(victim).counters().integrity().damageFoundTotal() > 0);
      StoreException refused =
          assertThrows(
              StoreException.class,
              () ->
                  await(
                      cluster
                          .member(victim)
                          .keyValues()
                          .put(Command.Put.of(Key.of("k"), TestCluster.bytes("v")))));
      assertEquals(EtcdError.CORRUPT_CLUSTER, refused.error());
      cluster.put(cluster.awaitLeader(), "meanwhile", "served");
      comesBackWell(cluster, victim);
    }
  }

  @Test
  void aMemberThatDiffersIsNamedAndRepaired() throws Exception {
    IntegrityOptions comparing = IntegrityOptions.defaults().withCorruptCheckMillis(200);
    try (TestCluster cluster =
        TestCluster.start(
            directory,
            FIRST_PORT,
            settings ->
                settings.snapshotCount(40).snapshotCatchupEntries(10).integrity(comparing))) {
      for (int wave = 0; wave < 10; wave++) {
        cluster.putMany(cluster.awaitLeader(), 60, KEYS);
      }
      int victim = (cluster.awaitLeader() + 1) % TestCluster.SIZE;
      awaitTrue(
          "a round that finds nothing",
          () ->
              Stream.of(0, 1, 2)
                  .anyMatch(i -> cluster.member(i).counters().integrity().comparisonsTotal() > 1));
      assertEquals(List.of(), cluster.member(victim).maintenance().knownAlarms());
      cluster.stopMember(victim);
      falsify(store(victim));
      cluster.startMember(victim, fatal::add);
      cluster.putMany((victim + 1) % TestCluster.SIZE, 20, KEYS);
      awaitTrue("the end of the member that differs", () -> !fatal.isEmpty());
      Alarm expected = new Alarm(AlarmType.CORRUPT, cluster.member(victim).memberId());
      awaitTrue(
          "the alarm on another member",
          () ->
              cluster
                  .member((victim + 1) % TestCluster.SIZE)
                  .maintenance()
                  .knownAlarms()
                  .equals(List.of(expected)));
      cluster.put((victim + 1) % TestCluster.SIZE, "meanwhile", "served");
      comesBackWell(cluster, victim);
    }
  }

  @Test
  void aMajorityWithoutLogsIsRefusedClearly() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, FIRST_PORT)) {
      cluster.putMany(cluster.awaitLeader(), 50, KEYS);
      for (int i = 0; i < TestCluster.SIZE; i++) {
        cluster.stopMember(i);
      }
      for (int i = 0; i < 2; i++) {
        flipLog(i);
        cluster.startMember(i, fatal::add);
      }
      cluster.startMember(2);
      awaitTrue("the end of both", () -> fatal.size() == 2);
      for (Throwable end : fatal) {
        assertTrue(end.getMessage().contains("only 1 of 3 members are whole"), end.getMessage());
        assertTrue(end.getMessage().contains("backup"), end.getMessage());
      }
    }
  }

  private int restartWatched(TestCluster cluster, int number) {
    cluster.stopMember(number);
    cluster.startMember(number, fatal::add);
    return number;
  }

  private void comesBackWell(TestCluster cluster, int victim) throws Exception {
    cluster.stopMember(victim);
    cluster.startMember(victim);
    await(cluster.member(victim).joined());
    awaitTrue(
        "the alarm to be cleared",
        () ->
            Stream.of(0, 1, 2)
                .allMatch(i -> cluster.member(i).maintenance().knownAlarms().isEmpty()));
    awaitTrue("equal hashes", () -> hash(cluster, 0).equals(hash(cluster, 1)));
    awaitTrue("equal hashes", () -> hash(cluster, 0).equals(hash(cluster, 2)));
    assertEquals("served", cluster.get(victim, "meanwhile"));
  }

  private static KeyValueHash hash(TestCluster cluster, int number) {
    try {
      return await(cluster.member(number).maintenance().hashKv(0)).body();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Path store(int number) {
    return directory.resolve("m" + number).resolve("member/snap/db");
  }

  /** Changes bytes of the file under the running member. */
  private static void damageLive(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (long at = 2 * 4096; at < channel.size(); at += 61) {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, at);
        one.put(0, (byte) (one.get(0) ^ 0x20));
        channel.write(one.flip(), at);
      }
    }
  }

  /** Writes something that the log never said, with all checksums right. */
  private static void falsify(Path file) {
    try (Backend backend = Backend.open(file, BackendOptions.defaults())) {
      MvccStore store = MvccStore.open(backend, MvccOptions.defaults());
      WriteTxn txn = store.beginWrite();
      txn.put(Key.of("never"), TestCluster.bytes("said"), 0);
      txn.end();
      backend.commit(backend.appliedIndex(), backend.appliedTerm());
      backend.sync();
    }
  }

  private void flipLog(int number) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("m" + number).resolve("member/wal"))) {
      Path segment =
          files.filter(path -> path.toString().endsWith(".wal")).findFirst().orElseThrow();
      byte[] content = Files.readAllBytes(segment);
      content[700] ^= 1;
      Files.write(segment, content);
    }
  }
}
