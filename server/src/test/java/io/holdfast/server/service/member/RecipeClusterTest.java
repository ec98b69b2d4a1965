package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.HeldLock;
import io.holdfast.server.service.LeaderKey;
import io.holdfast.server.service.Waiting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks and elections across three members. */
@Timeout(240)
class RecipeClusterTest {
  @TempDir Path directory;

  @Test
  void aWaitThroughAFollowerOutlivesTheLeader() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_400)) {
      int leader = cluster.awaitLeader();
      int one = (leader + 1) % TestCluster.SIZE;
      int other = (leader + 2) % TestCluster.SIZE;
      HeldLock first = await(lock(cluster, one, lease(cluster, one)).answer()).body();
      Waiting<HeldLock> second = lock(cluster, other, lease(cluster, one));
      awaitTrue("both in line", () -> count(cluster, one, "lock/") == 2);

      cluster.stopMember(leader);
      cluster.awaitLeader();
      cluster.put(one, "a", "under the next leader");
      assertFalse(second.answer().toCompletableFuture().isDone(), "the first still holds it");

      await(cluster.member(one).locks().unlock(first.key()));
      HeldLock held = await(second.answer()).body();
      assertTrue(held.createRevision() > first.createRevision());
      assertEquals(1, count(cluster, other, "lock/"));
    }
  }

  /** Its clients' leases stay: they come again through another member, and are in their place. */
  @Test
  void whoWaitedThroughAStoppedMemberComesBackThroughAnother() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_410)) {
      int leader = cluster.awaitLeader();
      int stopping = (leader + 1) % TestCluster.SIZE;
      long firstLease = lease(cluster, leader);
      long secondLease = lease(cluster, leader);
      await(lock(cluster, leader, firstLease).answer());
      Waiting<HeldLock> second = lock(cluster, stopping, secondLease);
      awaitTrue("both in line", () -> count(cluster, leader, "lock/") == 2);
      Waiting<HeldLock> third = lock(cluster, leader, lease(cluster, leader));
      awaitTrue("three in line", () -> count(cluster, leader, "lock/") == 3);

      cluster.stopMember(stopping);
      assertFalse(second.answer().toCompletableFuture().isDone());
      Waiting<HeldLock> again = lock(cluster, leader, secondLease);
      await(cluster.member(leader).leases().revoke(firstLease));
      HeldLock held = await(again.answer()).body();
      assertEquals(
          "lock/" + Long.toHexString(secondLease), new String(held.key(), StandardCharsets.UTF_8));
      assertFalse(third.answer().toCompletableFuture().isDone(), "it came later");
      third.giveUp();
      awaitTrue("only the holder left", () -> count(cluster, leader, "lock/") == 1);
    }
  }

  @Test
  void candidatesThroughAllMembersFollowEachOther() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_420)) {
      cluster.awaitLeader();
      long before = 0;
      for (int i = 0; i < 2 * TestCluster.SIZE; i++) {
        Member member = cluster.member(i % TestCluster.SIZE);
        Member next = cluster.member((i + 1) % TestCluster.SIZE);
        LeaderKey won =
            await(
                    member
                        .elections()
                        .campaign(bytes("e"), lease(cluster, i % TestCluster.SIZE), bytes("v" + i))
                        .answer())
                .body();
        assertTrue(won.createRevision() > before, "the token grows");
        before = won.createRevision();
        assertEquals(
            "v" + i,
            new String(
                await(next.elections().leader(bytes("e"))).body().value(), StandardCharsets.UTF_8));
        await(next.elections().resign(won));
      }
    }
  }

  private static Waiting<HeldLock> lock(TestCluster cluster, int number, long leaseId) {
    return cluster.member(number).locks().lock(bytes("lock"), leaseId);
  }

  private static long lease(TestCluster cluster, int number) throws Exception {
    return await(cluster.member(number).leases().grant(0, 600)).body().leaseId();
  }

  private static long count(TestCluster cluster, int number, String prefix) {
    try {
      return await(
              cluster
                  .member(number)
                  .keyValues()
                  .range(RangeQuery.of(KeyRange.prefix(prefix)), false))
          .body()
          .count();
    } catch (Exception e) {
      throw new AssertionError("cannot count", e);
    }
  }
}
