package io.holdfast.server.service.recipe;

import static io.holdfast.server.service.recipe.RecipeMember.assertRefused;
import static io.holdfast.server.service.recipe.RecipeMember.await;
import static io.holdfast.server.service.recipe.RecipeMember.awaitCheck;
import static io.holdfast.server.service.recipe.RecipeMember.awaitTrue;
import static io.holdfast.server.service.recipe.RecipeMember.bytes;
import static io.holdfast.server.service.recipe.RecipeMember.key;
import static io.holdfast.server.service.recipe.RecipeMember.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.HeldLock;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LocksTest {
  @TempDir Path directory;
  private RecipeMember member;
  private Locks locks;

  @BeforeEach
  void start() throws Exception {
    member = new RecipeMember(directory);
    locks = (Locks) member.member.locks();
  }

  @AfterEach
  void stop() {
    member.close();
  }

  @Test
  void aFreeLockIsHeldAtOnce() throws Exception {
    long lease = member.lease();
    Response<HeldLock> held = await(lock(lease).answer());

    assertEquals(key("lock", lease), text(held.body().key()));
    KeyValue pair = member.pairs("lock").get(0);
    assertEquals(lease, pair.leaseId());
    assertEquals(0, pair.value().length);
    assertEquals(pair.createRevision(), held.body().createRevision());
    assertEquals(pair.createRevision(), held.header().revision());
    assertEquals(0, locks.waiting());
  }

  @Test
  void theHoldingLeaseMayAskAgain() throws Exception {
    long lease = member.lease();
    HeldLock first = await(lock(lease).answer()).body();
    HeldLock second = await(lock(lease).answer()).body();

    assertEquals(first.createRevision(), second.createRevision());
    assertEquals(List.of(key("lock", lease)), member.keys("lock"));
  }

  @Test
  void otherNamesAreOtherLocks() throws Exception {
    await(lock(member.lease()).answer());
    await(locks.lock(bytes("loc"), member.lease()).answer());
    await(locks.lock(bytes(""), member.lease()).answer());
  }

  @Test
  void anUnknownLeaseIsRefused() throws Exception {
    assertRefused(EtcdError.LEASE_NOT_FOUND, lock(4711).answer());
    assertEquals(List.of(), member.keys("lock"));
    assertEquals(0, locks.waiting());
  }

  @Test
  void withoutALeaseOneIsGranted() throws Exception {
    HeldLock held = await(lock(0).answer()).body();
    long lease = Long.parseLong(text(held.key()).substring("lock/".length()), 16);
    assertEquals(
        60, await(member.member.leases().timeToLive(lease, false)).body().grantedSeconds());
  }

  @Test
  void theSecondGetsItWhenTheFirstUnlocks() throws Exception {
    HeldLock first = await(lock(member.lease()).answer()).body();
    Waiting<HeldLock> second = lock(member.lease());
    awaitCheck("both in line", () -> member.keys("lock").size() == 2);
    assertFalse(second.answer().toCompletableFuture().isDone());

    await(locks.unlock(first.key()));
    Response<HeldLock> held = await(second.answer());
    assertTrue(held.body().createRevision() > first.createRevision(), "the token grows");
    assertTrue(held.header().revision() > held.body().createRevision(), "read after the wait");
    assertEquals(List.of(text(held.body().key())), member.keys("lock"));
    assertEquals(0, locks.waiting());
  }

  @Test
  void theSecondGetsItWhenTheFirstIsSilent() throws Exception {
    await(lock(member.lease(1)).answer());
    Waiting<HeldLock> second = lock(member.lease());
    HeldLock held = await(second.answer()).body();
    assertEquals(List.of(text(held.key())), member.keys("lock"));
  }

  @Test
  void aWaiterWhoseLeaseEndsIsToldAtOnce() throws Exception {
    HeldLock first = await(lock(member.lease()).answer()).body();
    Waiting<HeldLock> second = lock(member.lease(1));
    assertRefused(EtcdError.LOCK_SESSION_EXPIRED, second.answer());
    assertEquals(List.of(text(first.key())), member.keys("lock"), "the first still holds it");
    assertEquals(0, locks.waiting());
  }

  /** The new key stands behind whoever came in between. */
  @Test
  void aKeyThatWasMadeAnewIsAnotherPlace() throws Exception {
    long lease = member.lease();
    HeldLock first = await(lock(member.lease()).answer()).body();
    Waiting<HeldLock> second = lock(lease);
    awaitCheck("both in line", () -> member.keys("lock").size() == 2);
    await(locks.unlock(bytes(key("lock", lease))));
    assertRefused(EtcdError.LOCK_SESSION_EXPIRED, second.answer());

    Waiting<HeldLock> again = lock(lease);
    await(locks.unlock(first.key()));
    assertEquals(key("lock", lease), text(await(again.answer()).body().key()));
  }

  @Test
  void oneWhoLeavesTheMiddleOfTheLineWakesNobodyTooEarly() throws Exception {
    HeldLock first = await(lock(member.lease()).answer()).body();
    long middleLease = member.lease();
    Waiting<HeldLock> middle = lock(middleLease);
    awaitCheck("two in line", () -> member.keys("lock").size() == 2);
    long lastLease = member.lease();
    Waiting<HeldLock> last = lock(lastLease);
    awaitCheck("three in line", () -> member.keys("lock").size() == 3);

    middle.giveUp();
    assertRefused(EtcdError.REQUEST_CANCELED, middle.answer());
    awaitCheck("the middle one gone", () -> member.keys("lock").size() == 2);
    await(member.member.leases().timeToLive(middleLease, false));
    assertFalse(last.answer().toCompletableFuture().isDone(), "the first still holds it");

    await(locks.unlock(first.key()));
    assertEquals(key("lock", lastLease), text(await(last.answer()).body().key()));
    assertEquals(List.of(key("lock", lastLease)), member.keys("lock"));
    assertEquals(0, locks.waiting());
  }

  @Test
  void manyGetItOneAfterTheOther() throws Exception {
    int contenders = 20;
    List<Waiting<HeldLock>> waiting = new java.util.ArrayList<>();
    for (int i = 0; i < contenders; i++) {
      waiting.add(lock(member.lease()));
    }
    awaitCheck("all in line", () -> member.keys("lock").size() == contenders);
    long before = 0;
    for (Waiting<HeldLock> next : waiting) {
      HeldLock held = await(next.answer()).body();
      long holding =
          waiting.stream()
              .filter(one -> one != next && one.answer().toCompletableFuture().isDone())
              .count();
      assertTrue(held.createRevision() > before, "in the order of the line");
      assertEquals(waiting.indexOf(next), holding, "only those before have had it");
      before = held.createRevision();
      await(locks.unlock(held.key()));
    }
  }

  @Test
  void whoGivesUpAtOnceLeavesNothing() throws Exception {
    long lease = member.lease();
    await(lock(member.lease()).answer());
    Waiting<HeldLock> hasty = lock(lease);
    hasty.giveUp();
    hasty.giveUp();
    assertRefused(EtcdError.REQUEST_CANCELED, hasty.answer());
    awaitCheck("only the holder left", () -> member.keys("lock").size() == 1);
    assertEquals(0, locks.waiting());
  }

  @Test
  void theLeaseThatWasGrantedGoesWithWhoGivesUp() throws Exception {
    await(lock(member.lease()).answer());
    int leases = await(member.member.leases().leases()).body().size();
    Waiting<HeldLock> waiting = lock(0);
    awaitCheck("both in line", () -> member.keys("lock").size() == 2);
    waiting.giveUp();
    awaitCheck("only the holder left", () -> member.keys("lock").size() == 1);
    awaitCheck(
        "the lease gone", () -> await(member.member.leases().leases()).body().size() == leases);
  }

  @Test
  void anAnswerThatWasNotDeliveredFreesTheLock() throws Exception {
    Waiting<HeldLock> lost = lock(member.lease());
    await(lost.answer());
    lost.giveUp();
    await(lock(member.lease()).answer());
  }

  @Test
  void aRepeatedRequestThatGivesUpDoesNotFreeWhatTheFirstOneHolds() throws Exception {
    long lease = member.lease();
    HeldLock held = await(lock(lease).answer()).body();
    Waiting<HeldLock> repeated = lock(lease);
    await(repeated.answer());
    repeated.giveUp();
    await(member.member.leases().timeToLive(lease, false));
    assertEquals(List.of(text(held.key())), member.keys("lock"));
  }

  @Test
  void aWaitSurvivesACompaction() throws Exception {
    HeldLock first = await(lock(member.lease()).answer()).body();
    Waiting<HeldLock> second = lock(member.lease());
    awaitCheck("both in line", () -> member.keys("lock").size() == 2);
    long revision = await(locks.unlock(bytes("nothing"))).header().revision();
    await(member.member.keyValues().compact(revision, true));
    await(locks.unlock(first.key()));
    await(second.answer());
  }

  @Test
  void unlockingNothingIsNoError() throws Exception {
    long before = await(locks.unlock(bytes("nothing"))).header().revision();
    assertEquals(before, await(locks.unlock(bytes("nothing"))).header().revision());
    assertRefused(EtcdError.KEY_NOT_PROVIDED, locks.unlock(bytes("")));
  }

  @Test
  void aMemberThatStopsKeepsNoWaiter() throws Exception {
    await(lock(member.lease()).answer());
    Waiting<HeldLock> second = lock(member.lease());
    awaitCheck("both in line", () -> member.keys("lock").size() == 2);
    member.close();
    second.giveUp();
    awaitTrue("the end", () -> second.answer().toCompletableFuture().isDone());
  }

  private Waiting<HeldLock> lock(long leaseId) {
    return locks.lock(bytes("lock"), leaseId);
  }
}
