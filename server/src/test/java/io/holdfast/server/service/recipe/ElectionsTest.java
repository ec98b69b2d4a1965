package io.holdfast.server.service.recipe;

import static io.holdfast.server.service.recipe.RecipeMember.assertRefused;
import static io.holdfast.server.service.recipe.RecipeMember.await;
import static io.holdfast.server.service.recipe.RecipeMember.awaitCheck;
import static io.holdfast.server.service.recipe.RecipeMember.bytes;
import static io.holdfast.server.service.recipe.RecipeMember.key;
import static io.holdfast.server.service.recipe.RecipeMember.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.LeaderKey;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class ElectionsTest {
  private static final byte[] NAME = bytes("election");

  @TempDir Path directory;
  private RecipeMember member;
  private Elections elections;

  @BeforeEach
  void start() throws Exception {
    member = new RecipeMember(directory);
    elections = (Elections) member.member.elections();
  }

  @AfterEach
  void stop() {
    member.close();
  }

  @Test
  void theFirstCandidateLeads() throws Exception {
    assertRefused(EtcdError.ELECTION_NO_LEADER, elections.leader(NAME));
    long lease = member.lease();
    Response<LeaderKey> won = await(campaign(lease, "a").answer());

    assertEquals(key("election", lease), text(won.body().key()));
    assertEquals("election", text(won.body().name()));
    assertEquals(lease, won.body().leaseId());
    assertEquals(won.header().revision(), won.body().createRevision());
    KeyValue leader = await(elections.leader(NAME)).body();
    assertEquals("a", text(leader.value()));
    assertEquals(won.body().createRevision(), leader.createRevision());
    assertEquals(lease, leader.leaseId());
  }

  @Test
  void theNextLeadsWhenTheLeaderResigns() throws Exception {
    Response<LeaderKey> first = await(campaign(member.lease(), "a").answer());
    Waiting<LeaderKey> second = campaign(member.lease(), "b");
    awaitCheck("both in line", () -> member.keys("election").size() == 2);
    assertFalse(second.answer().toCompletableFuture().isDone());
    assertEquals("a", leader());

    await(elections.resign(first.body()));
    Response<LeaderKey> won = await(second.answer());
    assertTrue(won.body().createRevision() > first.body().createRevision(), "the token grows");
    assertEquals(won.body().createRevision(), won.header().revision(), "that of its candidature");
    assertEquals("b", leader());
    long revision = await(elections.resign(first.body())).header().revision();
    assertEquals(revision, await(elections.leader(NAME)).header().revision(), "nothing to resign");
  }

  @Test
  void onlyTheLeaderProclaims() throws Exception {
    LeaderKey first = await(campaign(member.lease(), "a").answer()).body();
    await(elections.proclaim(first, bytes("a2")));
    assertEquals("a2", leader());
    LeaderKey withoutLease = new LeaderKey(first.name(), first.key(), first.createRevision(), 0);
    await(elections.proclaim(withoutLease, bytes("a3")));
    assertEquals(first.leaseId(), await(elections.leader(NAME)).body().leaseId(), "it stays");

    LeaderKey older =
        new LeaderKey(first.name(), first.key(), first.createRevision() - 1, first.leaseId());
    assertRefused(EtcdError.ELECTION_NOT_LEADER, elections.proclaim(older, bytes("x")));
    member.revoke(first.leaseId());
    assertRefused(EtcdError.ELECTION_NOT_LEADER, elections.proclaim(first, bytes("x")));
    assertRefused(EtcdError.ELECTION_NO_LEADER, elections.leader(NAME));
  }

  @Test
  void whoCampaignsAgainBringsANewValue() throws Exception {
    long lease = member.lease();
    LeaderKey first = await(campaign(lease, "a").answer()).body();
    LeaderKey again = await(campaign(lease, "a2").answer()).body();
    assertEquals(first.createRevision(), again.createRevision());
    assertEquals("a2", leader());
  }

  @Test
  void aCandidateWhoseLeaseEndsHasNotWon() throws Exception {
    LeaderKey first = await(campaign(member.lease(), "a").answer()).body();
    Waiting<LeaderKey> second = campaign(member.lease(1), "b");
    assertRefused(EtcdError.ELECTION_SESSION_EXPIRED, second.answer());
    assertEquals("a", leader());
    assertEquals(List.of(text(first.key())), member.keys("election"));
    assertEquals(0, elections.waiting());
  }

  @Test
  void aSilentLeaderIsFollowed() throws Exception {
    await(campaign(member.lease(1), "a").answer());
    await(campaign(member.lease(), "b").answer());
    assertEquals("b", leader());
  }

  @Test
  void aCandidateWhoLeavesIsPassedOver() throws Exception {
    LeaderKey first = await(campaign(member.lease(), "a").answer()).body();
    Waiting<LeaderKey> second = campaign(member.lease(), "b");
    awaitCheck("two in line", () -> member.keys("election").size() == 2);
    Waiting<LeaderKey> third = campaign(member.lease(), "c");
    awaitCheck("three in line", () -> member.keys("election").size() == 3);
    second.giveUp();
    awaitCheck("two in line", () -> member.keys("election").size() == 2);
    await(elections.resign(first));
    await(third.answer());
    assertEquals("c", leader());
  }

  @Test
  void observersSeeEveryLeaderAndValue() throws Exception {
    Shown shown = new Shown();
    try (ElectionService.Observation observation = elections.observe(NAME, shown)) {
      LeaderKey first = await(campaign(member.lease(), "a").answer()).body();
      Response<KeyValue> seen = shown.next("a");
      assertEquals(first.createRevision(), seen.header().revision());
      await(elections.proclaim(first, bytes("a2")));
      assertEquals(2, shown.next("a2").body().version());

      Waiting<LeaderKey> second = campaign(member.lease(), "b");
      awaitCheck("both in line", () -> member.keys("election").size() == 2);
      await(elections.resign(first));
      shown.next("b");
      LeaderKey won = await(second.answer()).body();
      member.revoke(won.leaseId());
      LeaderKey last = await(campaign(member.lease(), "c").answer()).body();
      shown.next("c");
      await(elections.proclaim(last, bytes("c2")));
      shown.next("c2");
      assertEquals(1, elections.observing());
    }
    assertEquals(0, elections.observing());
    member.revoke(await(elections.leader(NAME)).body().leaseId());
    await(campaign(member.lease(), "d").answer());
    assertEquals(0, shown.leaders.size(), "nothing after the end");
  }

  @Test
  void aLateObserverSeesThePresentLeader() throws Exception {
    await(campaign(member.lease(), "a").answer());
    Shown shown = new Shown();
    try (ElectionService.Observation observation = elections.observe(NAME, shown)) {
      shown.next("a");
    }
  }

  @Test
  void aSlowObserverSeesThePresentWhenItComesBack() throws Exception {
    LeaderKey leader = await(campaign(member.lease(), "a").answer()).body();
    Shown shown = new Shown();
    shown.ready = false;
    try (ElectionService.Observation observation = elections.observe(NAME, shown)) {
      for (int i = 0; i < 50; i++) {
        await(elections.proclaim(leader, bytes("a" + i)));
      }
      assertEquals(0, shown.leaders.size());
      shown.ready = true;
      observation.ready();
      shown.next("a49");

      shown.ready = false;
      await(elections.resign(leader));
      LeaderKey next = await(campaign(member.lease(), "b").answer()).body();
      await(elections.proclaim(next, bytes("b2")));
      assertEquals(0, shown.leaders.size());
      shown.ready = true;
      observation.ready();
      shown.next("b2");
    }
  }

  private String leader() throws Exception {
    return text(await(elections.leader(NAME)).body().value());
  }

  private Waiting<LeaderKey> campaign(long leaseId, String value) {
    return elections.campaign(NAME, leaseId, bytes(value));
  }

  /** Collects what an observer is shown. */
  private static final class Shown implements ElectionService.Observer {
    private final BlockingQueue<Response<KeyValue>> leaders = new LinkedBlockingQueue<>();
    private volatile boolean ready = true;
    private volatile Throwable failure;

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void leader(Response<KeyValue> leader) {
      leaders.add(leader);
    }

    @Override
    public void failed(Throwable cause) {
      failure = cause;
    }

    Response<KeyValue> next(String value) throws InterruptedException {
      Response<KeyValue> next = leaders.poll(60, TimeUnit.SECONDS);
      assertNotNull(next, () -> "waited in vain for " + value + ", failure " + failure);
      assertEquals(value, text(next.body().value()));
      return next;
    }
  }
}
