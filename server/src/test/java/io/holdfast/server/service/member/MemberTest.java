package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.GrantedLease;
import io.holdfast.server.service.MemberStatus;
import io.holdfast.server.service.Response;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A member that is alone in its cluster, with its real log and store in a directory. */
class MemberTest {
  @TempDir Path directory;

  @Test
  void answersPutsAndGets() throws Exception {
    try (Member member = start()) {
      Response<CommandResult.Put> put = put(member, "a", "1");
      Response<RangeResult> read = get(member, "a", false);

      assertEquals(2, put.header().revision());
      assertEquals(member.memberId(), put.header().memberId());
      assertEquals(member.clusterId(), put.header().clusterId());
      assertEquals(2, read.header().revision());
      KeyValue pair = read.body().keyValues().get(0);
      assertArrayEquals(bytes("1"), pair.value());
      assertEquals(2, pair.modRevision());
      assertEquals(1, get(member, "a", true).body().count());
    }
  }

  @Test
  void hasTheIdsThatEtcdComputesForItsDefaults() {
    try (Member member = start()) {
      assertEquals("8e9e05c52164694d", Long.toHexString(member.memberId()));
      assertEquals("cdf818194e3a8c32", Long.toHexString(member.clusterId()));
    }
  }

  @Test
  void keepsEverythingOverARestart() throws Exception {
    try (Member member = start()) {
      for (int i = 0; i < 100; i++) {
        put(member, "key" + i, "value" + i);
      }
    }
    try (Member member = start()) {
      await(member.joined());
      assertEquals(100, count(member, "key"));
      assertEquals(102, put(member, "one more", "x").header().revision());
    }
  }

  @Test
  void losesNothingAcknowledgedInACrash() throws Exception {
    Path afterCrash = directory.resolveSibling(directory.getFileName() + "-crashed");
    try (Member member = start()) {
      for (int i = 0; i < 500; i++) {
        put(member, "key" + i, "value" + i);
      }
      // What a killed process leaves behind: the files as they are, nothing closed or synced. The
      // store first, so that the log is not older than it.
      copy(directory.resolve("member/snap"), afterCrash.resolve("member/snap"));
      copy(directory.resolve("member/wal"), afterCrash.resolve("member/wal"));
    }
    try (Member member = Member.start(MemberConfig.builder("default", afterCrash).build())) {
      await(member.joined());
      assertEquals(500, count(member, "key"));
      assertEquals(502, put(member, "one more", "x").header().revision());
    }
  }

  @Test
  void runsTransactionsAndReadsThem() throws Exception {
    try (Member member = start()) {
      put(member, "a", "1");
      KeyRange a = KeyRange.single(bytes("a"));
      Command.Txn swap =
          new Command.Txn(
              List.of(Compare.value(a, Compare.Relation.EQUAL, bytes("1"))),
              List.of(Command.Put.of(Key.of("a"), bytes("2"))),
              List.of());
      assertTrue(await(member.keyValues().txn(swap)).body().succeeded());
      assertFalse(await(member.keyValues().txn(swap)).body().succeeded());
      Command.Txn read =
          new Command.Txn(
              List.of(), List.of(new Operation.Range(RangeQuery.of(a), false)), List.of());
      long applied = member.counters().appliedIndex();
      CommandResult.Range result =
          (CommandResult.Range) await(member.keyValues().txn(read)).body().results().get(0);
      assertArrayEquals(bytes("2"), result.result().keyValues().get(0).value());
      assertEquals(applied, member.counters().appliedIndex(), "a read needs no entry");
    }
  }

  @Test
  void refusesWhatTheProtocolForbids() throws Exception {
    MemberConfig small = MemberConfig.builder("default", directory).maxRequestBytes(1000).build();
    try (Member member = Member.start(small)) {
      assertRefused(EtcdError.KEY_NOT_PROVIDED, () -> put(member, "", "x"));
      assertRefused(EtcdError.REQUEST_IS_TOO_LARGE, () -> put(member, "a", "x".repeat(1000)));
      assertRefused(
          EtcdError.FUTURE_REVISION,
          () ->
              await(
                  member
                      .keyValues()
                      .range(RangeQuery.builder(KeyRange.all()).revision(50).build(), false)));
      assertRefused(
          EtcdError.LEASE_NOT_FOUND,
          () ->
              await(
                  member
                      .keyValues()
                      .put(new Command.Put(Key.of("a"), bytes("x"), 9, false, false, false))));
      assertRefused(EtcdError.LEASE_NOT_FOUND, () -> await(member.leases().revoke(9)));
      assertEquals(0, member.counters().proposalsPending());
    }
  }

  @Test
  void compactsPhysically() throws Exception {
    try (Member member = start()) {
      for (int i = 0; i < 50; i++) {
        put(member, "a", "value" + i);
      }
      assertEquals(51, await(member.keyValues().compact(40, true)).header().revision());
      assertEquals(40, member.counters().compactRevision());
      assertRefused(EtcdError.COMPACTED, () -> await(member.keyValues().compact(40, false)));
      RangeQuery old = RangeQuery.builder(KeyRange.single(bytes("a"))).revision(39).build();
      assertRefused(EtcdError.COMPACTED, () -> await(member.keyValues().range(old, false)));
    }
  }

  @Test
  void endsLeasesThatRanOut() throws Exception {
    MemberConfig quick =
        MemberConfig.builder("default", directory)
            .heartbeatIntervalMillis(10)
            .electionTimeoutMillis(100)
            .build();
    try (Member member = Member.start(quick)) {
      GrantedLease lease = await(member.leases().grant(7, 1)).body();
      assertEquals(7, lease.leaseId());
      assertRefused(EtcdError.LEASE_ALREADY_EXISTS, () -> await(member.leases().grant(7, 1)));
      await(
          member
              .keyValues()
              .put(new Command.Put(Key.of("leased"), bytes("x"), 7, false, false, false)));
      assertEquals(1, await(member.leases().keepAlive(7)).body());
      awaitTrue("the lease's end", () -> member.counters().leases() == 0);
      assertEquals(0, get(member, "leased", false).body().count());
      assertEquals(0, await(member.leases().keepAlive(7)).body());
    }
  }

  @Test
  void deliversWatchedChanges() throws Exception {
    try (Member member = start()) {
      put(member, "watched/a", "before");
      List<WatchMessage> delivered = new CopyOnWriteArrayList<>();
      WatchSink sink =
          new WatchSink() {
            @Override
            public boolean isReady() {
              return true;
            }

            @Override
            public void deliver(WatchMessage message) {
              delivered.add(message);
            }
          };
      try (WatchStream stream = member.watches().open(sink)) {
        stream.create(WatchRequest.of(KeyRange.prefix("watched/"), 2));
        put(member, "watched/b", "live");
        awaitTrue(
            "both events",
            () ->
                delivered.stream()
                        .filter(WatchMessage.Events.class::isInstance)
                        .mapToInt(m -> ((WatchMessage.Events) m).batch().events().size())
                        .sum()
                    == 2);
        assertEquals(1, member.counters().watches().watchers());
      }
      assertEquals(0, member.counters().watches().streams());
    }
  }

  @Test
  void tellsHowItDoes() throws Exception {
    try (Member member = start()) {
      await(member.joined());
      put(member, "a", "1");
      MemberStatus status = member.maintenance().status().body();
      assertEquals(member.memberId(), status.leaderId());
      assertEquals(status.raftIndex(), status.raftAppliedIndex());
      assertEquals(List.of(), status.errors());
      assertTrue(status.databaseSizeBytes() > 0);
      assertEquals("3.6.0", status.storageVersion());
      assertTrue(member.health().caughtUp());
      assertFalse(member.health().failed());
      assertEquals(1, member.counters().keys());
      List<ClusterMember> members = await(member.cluster().memberList(true)).body();
      assertEquals("default", members.get(0).name());
      assertEquals(List.of("http://localhost:2379"), members.get(0).clientUrls());
      assertEquals(
          await(member.maintenance().hash()).body(), await(member.maintenance().hash()).body());
      int hash = await(member.maintenance().hashKv(0)).body().hash();
      put(member, "a", "2");
      assertTrue(hash != await(member.maintenance().hashKv(0)).body().hash());
      assertEquals(List.of(), await(member.maintenance().alarms(Optional.empty())).body());
    }
  }

  @Test
  void refusesADirectoryInUseAndKeepsItsIdentityWhateverTheFlags() throws Exception {
    try (Member member = start()) {
      StartupException inUse = assertThrows(StartupException.class, this::start);
      assertTrue(inUse.getMessage().contains("in use"), inUse.getMessage());
    }
    MemberConfig other =
        MemberConfig.builder("renamed", directory)
            .initialClusterToken("other")
            .initialAdvertisePeerUrls(List.of("http://localhost:4711"))
            .build();
    try (Member member = Member.start(other)) {
      await(member.joined());
      assertEquals("8e9e05c52164694d", Long.toHexString(member.memberId()));
      assertEquals("cdf818194e3a8c32", Long.toHexString(member.clusterId()));
      ClusterMember self = await(member.cluster().memberList(true)).body().get(0);
      assertEquals("renamed", self.name());
      assertEquals(List.of("http://localhost:2380"), self.peerUrls());
    }
  }

  @Test
  void refusesAStoreWhoseLogIsGone() throws Exception {
    try (Member member = start()) {
      put(member, "a", "1");
    }
    try (Stream<Path> files = Files.list(directory.resolve("member/wal"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    StartupException refusal = assertThrows(StartupException.class, this::start);
    assertTrue(refusal.getMessage().contains("the log"), refusal.getMessage());
  }

  private Member start() {
    return Member.start(MemberConfig.builder("default", directory).build());
  }

  private static Response<CommandResult.Put> put(Member member, String key, String value)
      throws Exception {
    return await(member.keyValues().put(Command.Put.of(Key.of(key), bytes(value))));
  }

  private static Response<RangeResult> get(Member member, String key, boolean serializable)
      throws Exception {
    return await(
        member.keyValues().range(RangeQuery.of(KeyRange.single(bytes(key))), serializable));
  }

  private static long count(Member member, String prefix) throws Exception {
    return await(member.keyValues().range(RangeQuery.of(KeyRange.prefix(prefix)), false))
        .body()
        .count();
  }

  private static void assertRefused(EtcdError error, Executable request) {
    assertEquals(error, assertThrows(StoreException.class, request).error());
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
