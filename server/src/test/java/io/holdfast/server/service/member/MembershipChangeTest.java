package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.PromotionCounters;
import io.holdfast.server.transport.MembershipAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Members that come and go while the cluster works, with real logs, stores and connections. */
class MembershipChangeTest {
  @TempDir Path directory;

  @Test
  void growsFromOneToThreeAndLosesItsFounder() throws Exception {
    try (GrowingCluster cluster = lenient(26_200)) {
      cluster.put(0, "alone", "1");
      cluster.grow(1, false);
      cluster.put(1, "two", "2");
      cluster.grow(2, false);
      assertEquals("1", cluster.get(2, "alone", false));
      assertEquals("2", cluster.get(2, "two", false));
      assertEquals(List.of("m0", "m1", "m2"), cluster.names());
      cluster.stop(0);
      cluster.put(1, "without its founder", "3");
      assertEquals("3", cluster.get(2, "without its founder", false));
      cluster.restart(0);
      await(cluster.member(0).joined());
      assertEquals("3", cluster.get(0, "without its founder", false));
    }
  }

  @Test
  void aLearnerFollowsWithoutAVoteAndIsPromotedWhenItHasCaughtUp() throws Exception {
    try (GrowingCluster cluster = lenient(26_210)) {
      cluster.put(0, "a", "1");
      long learnerId = cluster.add(1, true).memberId();
      assertEquals(EtcdError.LEARNER_NOT_READY, refusal(() -> promote(cluster, learnerId)));
      Member learner = cluster.join(1);
      assertTrue(learner.cluster().isLearner(), "it takes itself for a voter at first");
      await(learner.joined());
      assertTrue(learner.cluster().isLearner());
      assertTrue(learner.maintenance().status().body().learner());
      assertEquals("1", cluster.get(1, "a", true));
      assertEquals(
          EtcdError.TOO_MANY_LEARNER_MEMBERS_IN_CLUSTER, refusal(() -> cluster.add(2, true)));
      // Its founder decides alone as long as the other one has no vote.
      cluster.stop(1);
      cluster.put(0, "b", "2");
      cluster.restart(1);
      await(cluster.member(1).joined());
      awaitTrue("the promotion", () -> isPromoted(cluster, learnerId));
      awaitTrue("the learner to know", () -> !cluster.member(1).cluster().isLearner());
      assertEquals(EtcdError.MEMBER_NOT_LEARNER, refusal(() -> promote(cluster, learnerId)));
      PromotionCounters promotions = cluster.member(0).counters().promotions();
      assertEquals(1, promotions.successes());
      assertTrue(promotions.failuresByReason().get(EtcdError.LEARNER_NOT_READY.text()) >= 1);
      assertEquals(1, promotions.failuresByReason().get(EtcdError.MEMBER_NOT_LEARNER.text()));
      cluster.put(1, "c", "3");
      assertEquals("3", cluster.get(0, "c", false));
    }
  }

  @Test
  void promotesLearnersByItselfWhenToldTo() throws Exception {
    try (GrowingCluster cluster =
        start(26_220, settings -> settings.autoPromoteLearners(true).strictReconfigCheck(false))) {
      cluster.put(0, "a", "1");
      Member learner = cluster.grow(1, true);
      awaitTrue("the promotion", () -> !learner.cluster().isLearner());
      assertFalse(cluster.list().stream().anyMatch(ClusterMember::learner));
    }
  }

  @Test
  void aRemovedMemberLearnsOfItAndNeverStartsAgain() throws Exception {
    try (GrowingCluster cluster = lenient(26_230)) {
      cluster.grow(1, false);
      cluster.grow(2, false);
      int removed = (cluster.leader() + 1) % 3;
      int asked = (cluster.leader() + 2) % 3;
      Member gone = cluster.member(removed);
      await(cluster.member(asked).cluster().memberRemove(cluster.id(removed)));
      MemberRemovedException told = await(gone.removed());
      assertTrue(told.getMessage().contains("was removed from the cluster"), told.getMessage());
      MemberConfig config = cluster.config(removed);
      cluster.stop(removed);
      assertEquals(2, cluster.list().size());
      cluster.put(asked, "after", "1");
      // It may have applied its own removal, or will be told again.
      Member again;
      try {
        again = Member.start(config);
      } catch (MemberRemovedException refused) {
        return;
      }
      try (again) {
        await(again.removed());
      }
    }
  }

  @Test
  void aMemberRemovedWhileItWasDownLearnsOfItAtItsNextStart() throws Exception {
    try (GrowingCluster cluster = lenient(26_240)) {
      cluster.grow(1, false);
      cluster.grow(2, false);
      long id = cluster.id(2);
      cluster.stop(2);
      await(cluster.any().cluster().memberRemove(id));
      Member late = cluster.restart(2);
      MemberRemovedException told = await(late.removed());
      assertTrue(told.getMessage().contains(Long.toHexString(id)), told.getMessage());
      cluster.stop(2);
    }
  }

  @Test
  void theLeaderCanBeRemoved() throws Exception {
    try (GrowingCluster cluster = lenient(26_250)) {
      cluster.grow(1, false);
      cluster.grow(2, false);
      int leader = cluster.leader();
      Member gone = cluster.member(leader);
      await(gone.cluster().memberRemove(gone.memberId()));
      await(gone.removed());
      cluster.stop(leader);
      assertTrue(cluster.leader() != leader);
      cluster.put((leader + 1) % 3, "after", "1");
      assertEquals("1", cluster.get((leader + 2) % 3, "after", false));
      assertEquals(2, cluster.list().size());
    }
  }

  @Test
  void aChangeWhoseAnswerWasLostWithTheLeaderIsFoundDone() throws Exception {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (GrowingCluster cluster = lenient(26_310)) {
      cluster.grow(1, false);
      List<RuntimeException> answersToTheSecondAttempt =
          List.of(
              new IndeterminateException(EtcdError.TIMEOUT),
              EtcdError.MEMBER_NOT_FOUND.asException());
      for (RuntimeException answer : answersToTheSecondAttempt) {
        long id = cluster.add(2, true).memberId();
        awaitTrue("the asked one to know it", () -> knows(cluster.member(1), id));
        MembershipAuthority losesItsAnswer =
            change ->
                cluster
                    .member(0)
                    .cluster()
                    .memberRemove(change.memberId())
                    .thenCompose(done -> CompletableFuture.failedStage(answer));
        assertEquals(
            2, await(asking(losesItsAnswer, cluster, timer).memberRemove(id)).body().size());
      }
      MembershipAuthority changesNothing =
          change -> CompletableFuture.failedStage(EtcdError.MEMBER_NOT_FOUND.asException());
      ClusterService asked = asking(changesNothing, cluster, timer);
      long remains = cluster.id(0);
      for (long id : new long[] {7, remains}) {
        assertEquals(EtcdError.MEMBER_NOT_FOUND, refusal(() -> await(asked.memberRemove(id))));
      }
    } finally {
      timer.shutdown();
    }
  }

  private static boolean knows(Member member, long id) {
    return member.context().applier().members().membership().find(id).isPresent();
  }

  private static ClusterService asking(
      MembershipAuthority leader, GrowingCluster cluster, ScheduledExecutorService timer) {
    MemberContext asked = cluster.member(1).context();
    ReadPath unused = null;
    return new ClusterUseCases(
        asked, unused, new LeaderCalls<>(asked, leader, id -> leader, timer), timer);
  }

  @Test
  void shrinksBackToOneThatDecidesAlone() throws Exception {
    try (GrowingCluster cluster = lenient(26_260)) {
      cluster.grow(1, false);
      cluster.put(0, "a", "1");
      int last = cluster.leader();
      int other = 1 - last;
      long id = cluster.id(other);
      await(cluster.member(last).cluster().memberRemove(id));
      await(cluster.member(other).removed());
      cluster.stop(other);
      cluster.put(last, "a", "2");
      assertEquals(
          EtcdError.NOT_ENOUGH_STARTED_MEMBERS,
          refusal(() -> await(cluster.any().cluster().memberRemove(cluster.id(last)))));
      cluster.stop(last);
      cluster.restart(last);
      await(cluster.member(last).joined());
      assertEquals("2", cluster.get(last, "a", false));
    }
  }

  @Test
  void aMemberMovesToAnotherAddress() throws Exception {
    try (GrowingCluster cluster = lenient(26_270)) {
      cluster.grow(1, false);
      cluster.grow(2, false);
      long id = cluster.id(2);
      cluster.stop(2);
      await(cluster.any().cluster().memberUpdate(id, List.of(cluster.url(7))));
      MemberConfig moved =
          cluster
              .config(2, cluster.config(2).initialCluster())
              .listenPeerUrls(List.of(cluster.url(7)))
              .build();
      cluster.start(2, moved);
      await(cluster.member(2).joined());
      cluster.put(2, "from the new address", "1");
      assertEquals("1", cluster.get(0, "from the new address", false));
    }
  }

  @Test
  void refusesWhatCannotBe() throws Exception {
    try (GrowingCluster cluster = lenient(26_280)) {
      cluster.grow(1, false);
      long own = cluster.id(0);
      assertEquals(EtcdError.PEER_URLS_EXIST, refusal(() -> cluster.add(1, false)));
      assertEquals(
          EtcdError.PEER_URLS_EXIST,
          refusal(() -> await(cluster.any().cluster().memberUpdate(own, List.of(cluster.url(1))))));
      assertEquals(
          EtcdError.MEMBER_NOT_FOUND,
          refusal(() -> await(cluster.any().cluster().memberRemove(7))));
      assertEquals(EtcdError.MEMBER_NOT_FOUND, refusal(() -> promote(cluster, 7)));
      for (String bad : List.of("", "127.0.0.1:2380", "ftp://a:1", "http://a", "http://a:1/p")) {
        assertEquals(
            EtcdError.MEMBER_URLS_INVALID,
            refusal(() -> await(cluster.any().cluster().memberAdd(List.of(bad), false))),
            bad);
      }
      assertEquals(2, cluster.list().size());
    }
  }

  @Test
  void anAddedVoterThatHasNotStartedHindersNobodyButTheNextOne() throws Exception {
    try (GrowingCluster cluster = start(26_290, UnaryOperator.identity())) {
      cluster.add(1, false);
      cluster.put(0, "meanwhile", "1");
      assertEquals(EtcdError.NOT_ENOUGH_STARTED_MEMBERS, refusal(() -> cluster.add(2, false)));
      assertEquals(
          EtcdError.NOT_ENOUGH_STARTED_MEMBERS,
          refusal(() -> await(cluster.any().cluster().memberRemove(cluster.id(0)))));
      cluster.join(1);
      await(cluster.member(1).joined());
      assertEquals(EtcdError.UNHEALTHY_CLUSTER, refusal(() -> cluster.add(2, false)));
    }
  }

  @Test
  void sendsAwayWhoDoesNotBelong() throws Exception {
    try (GrowingCluster cluster = lenient(26_300)) {
      cluster.grow(1, false);
      SortedMap<String, List<String>> both = cluster.initialCluster(2);
      both.put("m2", List.of(cluster.url(2)));
      assertRefused(
          cluster.config(2, both).foundsCluster(false).build(),
          "has no member with the peer URLs " + cluster.url(2));
      cluster.add(2, false);
      SortedMap<String, List<String>> incomplete = cluster.initialCluster(2);
      incomplete.remove("m1");
      assertRefused(
          cluster.config(2, incomplete).foundsCluster(false).build(),
          "--initial-cluster does not name the members");
      SortedMap<String, List<String>> misnamed = cluster.initialCluster(2);
      misnamed.put("other", misnamed.remove("m1"));
      assertRefused(
          cluster.config(2, misnamed).foundsCluster(false).build(), "m1=" + cluster.url(1));
      SortedMap<String, List<String>> silent = cluster.initialCluster(2);
      silent.clear();
      silent.put("m2", List.of(cluster.url(2)));
      silent.put("nobody", List.of(cluster.url(9)));
      assertRefused(
          cluster.config(2, silent).foundsCluster(false).build(),
          "no member of the cluster answers");
      await(cluster.join(2).joined());
    }
  }

  private void assertRefused(MemberConfig config, String reason) {
    StartupException refusal = assertThrows(StartupException.class, () -> Member.start(config));
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
    assertFalse(Files.exists(config.dataDirectory()), "nothing was written");
  }

  private static boolean isPromoted(GrowingCluster cluster, long id) {
    try {
      promote(cluster, id);
      return true;
    } catch (StoreException notYet) {
      assertEquals(EtcdError.LEARNER_NOT_READY, notYet.error());
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void promote(GrowingCluster cluster, long id) throws Exception {
    await(cluster.any().cluster().memberPromote(id));
  }

  private static EtcdError refusal(Executable change) {
    return assertThrows(StoreException.class, change).error();
  }

  private GrowingCluster lenient(int firstPort) throws Exception {
    return start(firstPort, settings -> settings.strictReconfigCheck(false));
  }

  private GrowingCluster start(int firstPort, UnaryOperator<MemberConfig.Builder> settings)
      throws Exception {
    return GrowingCluster.start(directory, firstPort, settings);
  }
}
