package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.GrantedLease;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LeaseTimeToLive;
import io.holdfast.server.service.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three members in one process, over loopback, with real logs and stores. */
class ClusterTest {
  @TempDir Path directory;

  @Test
  void replicatesAndAnswersEverywhere() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_100)) {
      Response<CommandResult.Put> put = cluster.put(0, "a", "1");
      assertEquals("1", cluster.get(1, "a"));
      cluster.put(1, "a", "2");
      assertEquals("2", cluster.get(2, "a"));
      cluster.put(2, "a", "3");
      assertEquals("3", cluster.get(0, "a"));
      assertEquals(put.header().clusterId(), cluster.member(1).clusterId());
    }
  }

  @Test
  void goesOnWithoutItsLeaderAndTakesItBack() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_110)) {
      cluster.put(0, "before", "1");
      int leader = cluster.awaitLeader();
      int survivor = (leader + 1) % TestCluster.SIZE;
      cluster.stopMember(leader);
      cluster.put(survivor, "without", "2");
      assertEquals("1", cluster.get(survivor, "before"));
      cluster.startMember(leader);
      cluster.awaitJoined();
      assertEquals("2", cluster.get(leader, "without"));
      cluster.put(leader, "after", "3");
      assertEquals("3", cluster.get(survivor, "after"));
    }
  }

  @Test
  void handsTheLeadershipOverWhenItsLeaderStops() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_120)) {
      int leader = cluster.awaitLeader();
      int survivor = (leader + 1) % TestCluster.SIZE;
      long term = cluster.member(survivor).maintenance().status().header().raftTerm();
      cluster.stopMember(leader);
      int next = cluster.awaitLeader();
      assertTrue(next != leader);
      assertEquals(term + 1, cluster.member(survivor).maintenance().status().header().raftTerm());
    }
  }

  @Test
  void followersForwardKeepAlivesAndTimes() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_130)) {
      int follower = (cluster.awaitLeader() + 1) % TestCluster.SIZE;
      LeaseService leases = cluster.member(follower).leases();
      GrantedLease lease = TestCluster.await(leases.grant(0, 100)).body();
      assertEquals(100, lease.ttlSeconds());
      TestCluster.await(
          cluster
              .member(follower)
              .keyValues()
              .put(
                  new Command.Put(
                      Key.of("leased"),
                      TestCluster.bytes("x"),
                      lease.leaseId(),
                      false,
                      false,
                      false)));
      assertEquals(100, TestCluster.await(leases.keepAlive(lease.leaseId())).body());
      assertEquals(0, TestCluster.await(leases.keepAlive(lease.leaseId() + 1)).body());
      LeaseTimeToLive times = TestCluster.await(leases.timeToLive(lease.leaseId(), true)).body();
      assertEquals(100, times.grantedSeconds());
      assertTrue(times.remainingSeconds() > 90);
      assertEquals(1, times.keys().size());
      assertEquals(-1, TestCluster.await(leases.timeToLive(77, false)).body().remainingSeconds());
      TestCluster.await(leases.revoke(lease.leaseId()));
      assertEquals("(none)", cluster.get(follower, "leased"));
    }
  }

  @Test
  void showsEveryMembersClientUrls() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_140)) {
      for (int i = 0; i < TestCluster.SIZE; i++) {
        List<ClusterMember> members =
            TestCluster.await(cluster.member(i).cluster().memberList(true)).body();
        assertEquals(
            List.of("m0", "m1", "m2"), members.stream().map(ClusterMember::name).sorted().toList());
        assertTrue(members.stream().noneMatch(member -> member.clientUrls().isEmpty()));
      }
    }
  }

  @Test
  void movesItsLeader() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_150)) {
      int leader = cluster.awaitLeader();
      int target = (leader + 1) % TestCluster.SIZE;
      TestCluster.await(
          cluster.member(leader).maintenance().moveLeader(cluster.member(target).memberId()));
      assertEquals(target, cluster.awaitLeader());
      StoreException refusal =
          assertThrows(
              StoreException.class,
              () ->
                  TestCluster.await(
                      cluster
                          .member(leader)
                          .maintenance()
                          .moveLeader(cluster.member(leader).memberId())));
      assertEquals(EtcdError.NOT_LEADER, refusal.error());
    }
  }

  @Test
  void sendsItsStateToAMemberThatWasAwayForLong() throws Exception {
    try (TestCluster cluster =
        TestCluster.start(
            directory, 31_160, builder -> builder.snapshotCount(100).snapshotCatchupEntries(10))) {
      int away = (cluster.awaitLeader() + 1) % TestCluster.SIZE;
      int leader = cluster.awaitLeader();
      GrantedLease lease = TestCluster.await(cluster.member(leader).leases().grant(0, 1000)).body();
      long installed = 0;
      // The log is cut behind the leader's back: how far, when the member returns, is up to the
      // disk.
      for (int absence = 0; absence < 10 && installed == 0; absence++) {
        cluster.stopMember(away);
        cluster.putMany(leader, 1000, 300);
        cluster.startMember(away);
        cluster.awaitJoined();
        assertEquals("value999", cluster.get(away, "key99"));
        installed = cluster.member(away).counters().snapshotsInstalledTotal();
      }
      assertEquals(1, installed);
      TestCluster.awaitTrue(
          "equal revisions",
          () ->
              cluster.member(away).counters().revision()
                  == cluster.member(leader).counters().revision());
      assertEquals(
          TestCluster.await(cluster.member(leader).maintenance().hashKv(0)).body().hash(),
          TestCluster.await(cluster.member(away).maintenance().hashKv(0)).body().hash());
      assertEquals(
          List.of(lease.leaseId()),
          TestCluster.await(cluster.member(away).leases().leases()).body());

      cluster.put(away, "after", "the snapshot");
      cluster.stopMember(away);
      cluster.startMember(away);
      cluster.awaitJoined();
      assertEquals("the snapshot", cluster.get(away, "after"));
      assertEquals("value999", cluster.get(away, "key99"));
      assertEquals(0, cluster.member(away).counters().snapshotsInstalledTotal());
    }
  }

  @Test
  void refusesMembersOfAnotherCluster() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_170)) {
      cluster.put(0, "a", "1");
      cluster.stopMember(2);
      MemberConfig elsewhere =
          cluster
              .config(2, directory.resolve("fresh"))
              .initialClusterToken("another-token")
              .build();
      try (Member member = Member.start(elsewhere)) {
        for (int i = 0; i < 20; i++) {
          cluster.put(0, "a", "value" + i);
        }
        assertEquals(0, member.health().leaderId());
        assertTrue(member.counters().appliedIndex() <= 1, "nothing but its own founding");
      }
      cluster.startMember(2);
      cluster.awaitJoined();
      assertEquals("value19", cluster.get(2, "a"));
    }
  }

  @Test
  void saysWhichAddressIsInUse() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_180)) {
      Path other = directory.resolve("other");
      MemberConfig same = cluster.config(1, other).build();
      StartupException refusal = assertThrows(StartupException.class, () -> Member.start(same));
      assertTrue(
          refusal.getMessage().startsWith("address 127.0.0.1:31181 is in use"),
          refusal.getMessage());
      assertTrue(refusal.getMessage().contains("--listen-peer-urls"), refusal.getMessage());
      assertFalse(Files.exists(other), "nothing was written");
    }
  }
}
