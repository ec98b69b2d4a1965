package io.holdfast.server.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases under a clock that only moves when told to. */
class LessorTest {
  private static final LessorOptions OPTIONS = new LessorOptions(2, 300, 1000, 3);
  private static final KeepAlive UNKNOWN = new KeepAlive.Unknown();
  private static final KeepAlive NOT_PRIMARY = new KeepAlive.NotPrimary();

  @TempDir Path directory;
  private Backend backend;
  private Lessor lessor;

  /** Monotonic time starts anywhere: here it is about to wrap around. */
  private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(20);

  @BeforeEach
  void open() {
    backend = Backend.open(directory.resolve("store"), BackendOptions.defaults());
    lessor = new Lessor(backend.bucket("leases"), OPTIONS);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void derivesTheMinimumFromTheElectionTimeout() {
    assertEquals(2, LessorOptions.forElectionTimeout(1000).minimumTtlSeconds());
    assertEquals(15, LessorOptions.forElectionTimeout(10_000).minimumTtlSeconds());
    assertEquals(1, LessorOptions.forElectionTimeout(100).minimumTtlSeconds());
    assertEquals(2, LessorOptions.forElectionTimeout(667).minimumTtlSeconds());
  }

  @Test
  void countsTimesToLiveAndWhatExpired() {
    lead();
    for (long ttlSeconds : new long[] {2, 3, 4, 5, 9_000_000_000L}) {
      lessor.grant(100 + ttlSeconds, ttlSeconds, now);
    }
    long[] byTtl = lessor.totals().grantedByTtl();
    assertEquals(25, byTtl.length);
    assertEquals(0, byTtl[0], "1 second");
    assertEquals(1, byTtl[1], "up to 2");
    assertEquals(3, byTtl[2], "up to 4");
    assertEquals(4, byTtl[3], "up to 8");
    assertEquals(4, byTtl[23], "up to 8388608");
    assertEquals(5, byTtl[24], "all");
    assertEquals(9_000_000_014.0, lessor.totals().grantedTtlSeconds());
    now += TimeUnit.SECONDS.toNanos(4);
    assertEquals(List.of(102L, 103L, 104L), lessor.due(now).expired());
    lessor.remove(102);
    lessor.remove(105);
    assertEquals(1, lessor.totals().expired());
    assertEquals(2, lessor.totals().revoked());
  }

  @Test
  void countsWhatHappened() {
    lead();
    lessor.grant(7, 30, now);
    lessor.grant(8, 30, now);
    assertThrows(StoreException.class, () -> lessor.grant(8, 30, now));
    keepAlive(7).join();
    keepAlive(9).join();
    lessor.remove(8);
    assertEquals(2, lessor.totals().granted());
    assertEquals(1, lessor.totals().renewed());
    assertEquals(1, lessor.totals().revoked());
  }

  @Test
  void aLeaseLivesExactlyItsTimeOnThePrimary() {
    lead();
    lessor.grant(7, 30, now);
    advance(29);
    assertTrue(lessor.due(now).isEmpty());
    assertEquals(1, status(7).remainingSeconds());
    advance(1);
    assertEquals(List.of(7L), lessor.due(now).expired());
    assertEquals(0, status(7).remainingSeconds());
    assertTrue(lessor.exists(7), "it ends by a committed revocation only");
    lessor.remove(7);
    assertFalse(lessor.exists(7));
    assertTrue(lessor.timeToLive(7, now, true).isEmpty());
  }

  @Test
  void keepAliveStartsTheTimeAfresh() {
    lead();
    lessor.grant(7, 30, now);
    for (int i = 0; i < 5; i++) {
      advance(29);
      assertEquals(new KeepAlive.Renewed(30), keepAlive(7).join());
      assertTrue(lessor.due(now).isEmpty());
    }
    assertEquals(30, status(7).remainingSeconds());
    advance(30);
    assertEquals(List.of(7L), lessor.due(now).expired());
  }

  @Test
  void anExpiredLeaseIsNotRenewedButAwaitsItsEnd() {
    lead();
    lessor.grant(7, 30, now);
    advance(30);
    CompletableFuture<KeepAlive> beforeItWasNamed = keepAlive(7);
    assertEquals(List.of(7L), lessor.due(now).expired());
    CompletableFuture<KeepAlive> afterIt = keepAlive(7);
    assertFalse(beforeItWasNamed.isDone());
    assertFalse(afterIt.isDone());
    lessor.remove(7);
    assertEquals(UNKNOWN, beforeItWasNamed.join());
    assertEquals(UNKNOWN, afterIt.join());
    assertEquals(UNKNOWN, keepAlive(7).join());
  }

  @Test
  void namesAnExpiredLeaseAgainWhileItIsStillThere() {
    lead();
    lessor.grant(7, 30, now);
    advance(30);
    assertEquals(List.of(7L), lessor.due(now).expired());
    advance(2);
    assertTrue(lessor.due(now).isEmpty());
    advance(1);
    assertEquals(List.of(7L), lessor.due(now).expired());
    lessor.remove(7);
    lessor.grant(7, 30, now);
    advance(3);
    assertTrue(lessor.due(now).isEmpty(), "a new lease of the same id is another lease");
  }

  @Test
  void limitsHowManyEndInASecond() {
    lead();
    for (int id = 1; id <= 2500; id++) {
      lessor.grant(id, 10, now);
    }
    advance(100);
    List<Long> ended = new ArrayList<>(lessor.due(now).expired());
    assertEquals(1000, ended.size());
    assertTrue(lessor.due(now).isEmpty());
    now += TimeUnit.MILLISECONDS.toNanos(500);
    ended.addAll(lessor.due(now).expired());
    assertEquals(1500, ended.size());
    now += TimeUnit.MILLISECONDS.toNanos(1000);
    ended.addAll(lessor.due(now).expired());
    assertEquals(2500, ended.stream().distinct().count());
  }

  @Test
  void followersKeepNoTime() {
    lessor.grant(7, 2, now);
    advance(1_000_000);
    assertTrue(lessor.due(now).isEmpty());
    assertEquals(NOT_PRIMARY, keepAlive(7).join());
    StoreException refused =
        assertThrows(StoreException.class, () -> lessor.timeToLive(7, now, false));
    assertSame(EtcdError.NOT_LEADER, refused.error());
  }

  @Test
  void aNewLeaderGivesEveryLeaseItsTimeAndTheInterregnum() {
    lessor.grant(7, 30, now);
    advance(1000);
    lessor.promote(now, TimeUnit.SECONDS.toNanos(1));
    assertEquals(31, status(7).remainingSeconds());
    advance(30);
    assertTrue(lessor.due(now).isEmpty());
    advance(1);
    assertEquals(List.of(7L), lessor.due(now).expired());
    CompletableFuture<KeepAlive> waiting = keepAlive(7);
    lessor.demote();
    assertEquals(NOT_PRIMARY, waiting.join());
    assertTrue(lessor.due(now).isEmpty());
    lead();
    assertEquals(new KeepAlive.Renewed(30), keepAlive(7).join());
  }

  @Test
  void recordsTheRemainingTimeOfLongLeases() {
    lead();
    lessor.grant(7, 1000, now);
    lessor.grant(8, 300, now);
    advance(299);
    assertTrue(lessor.due(now).isEmpty());
    advance(1);
    LeaseWork work = lessor.due(now);
    assertEquals(List.of(new LeaseCheckpoint(7, 700)), work.checkpoints());
    assertEquals(List.of(8L), work.expired());
    lessor.checkpoint(new LeaseCheckpoint(7, 700), now);
    advance(300);
    assertEquals(List.of(new LeaseCheckpoint(7, 400)), lessor.due(now).checkpoints());
  }

  @Test
  void aNewLeaderGoesOnFromTheRecordedTime() {
    lessor.grant(7, 1000, now);
    lessor.checkpoint(new LeaseCheckpoint(7, 400), now);
    lessor.checkpoint(new LeaseCheckpoint(99, 400), now);
    lead();
    assertEquals(400, status(7).remainingSeconds());
    assertEquals(1000, status(7).grantedTtlSeconds());
  }

  @Test
  void aKeepAliveTakesTheRecordBackBeforeItIsAnswered() {
    lessor.grant(7, 1000, now);
    lessor.checkpoint(new LeaseCheckpoint(7, 400), now);
    lead();
    CompletableFuture<KeepAlive> first = keepAlive(7);
    CompletableFuture<KeepAlive> second = keepAlive(7);
    assertFalse(first.isDone(), "a new leader would still cut the time short");
    assertEquals(List.of(new LeaseCheckpoint(7, 0)), lessor.due(now).checkpoints());
    advance(5);
    lessor.checkpoint(new LeaseCheckpoint(7, 0), now);
    assertEquals(new KeepAlive.Renewed(1000), first.join());
    assertEquals(new KeepAlive.Renewed(1000), second.join());
    assertEquals(1000, status(7).remainingSeconds());
    assertTrue(lessor.due(now).isEmpty());
    lessor.demote();
    lead();
    assertEquals(1000, status(7).remainingSeconds());
  }

  @Test
  void aKeyBelongsToOneLease() {
    lessor.grant(7, 30, now);
    lessor.grant(8, 30, now);
    Key key = Key.of("k");
    lessor.attach(key, 7);
    lessor.attach(key, 8);
    assertTrue(lessor.keysToRevoke(7).isEmpty());
    assertEquals(List.of(key), lessor.keysToRevoke(8));
    lessor.attach(Key.of("b"), 8);
    lessor.attach(Key.of("a"), 8);
    lessor.attach(key, 0);
    assertEquals(List.of(Key.of("a"), Key.of("b")), lessor.keysToRevoke(8));
    lead();
    assertEquals(
        List.of(Key.of("a"), Key.of("b")), lessor.timeToLive(8, now, true).orElseThrow().keys());
    lessor.remove(8);
    assertFalse(lessor.hasAttachments());
    assertThrows(InvariantViolation.class, () -> lessor.attach(key, 8));
  }

  @Test
  void refusesWhatCannotBe() {
    lessor.grant(7, 30, now);
    refuses(EtcdError.LEASE_ALREADY_EXISTS, () -> lessor.grant(7, 30, now));
    refuses(EtcdError.LEASE_NOT_FOUND, () -> lessor.grant(0, 30, now));
    refuses(EtcdError.LEASE_NOT_FOUND, () -> lessor.remove(8));
    refuses(EtcdError.LEASE_NOT_FOUND, () -> lessor.keysToRevoke(8));
  }

  @Test
  void theLongestLeaseDoesNotOverflow() {
    lead();
    lessor.grant(7, LessorOptions.TTL_SECONDS_MAX, now);
    lessor.grant(8, 2, now);
    assertTrue(lessor.due(now).isEmpty());
    advance(2);
    assertEquals(List.of(8L), lessor.due(now).expired());
    assertEquals(LessorOptions.TTL_SECONDS_MAX - 2, status(7).remainingSeconds());
  }

  @Test
  void isReadBackFromItsBucket() {
    lessor.grant(Long.MAX_VALUE, 30, now);
    lessor.grant(-5, 1000, now);
    lessor.grant(9, 30, now);
    lessor.checkpoint(new LeaseCheckpoint(-5, 500), now);
    lessor.remove(9);
    Lessor again = new Lessor(backend.bucket("leases"), OPTIONS);
    again.promote(now, 0);
    assertEquals(List.of(-5L, Long.MAX_VALUE), again.leases());
    assertEquals(500, again.timeToLive(-5, now, false).orElseThrow().remainingSeconds());
    assertEquals(30, again.timeToLive(Long.MAX_VALUE, now, false).orElseThrow().remainingSeconds());
    Backend other = Backend.open(directory.resolve("other"), BackendOptions.defaults());
    again.reload(other.bucket("leases"));
    assertTrue(again.leases().isEmpty());
    assertFalse(again.isPrimary());
    other.close();
  }

  private void lead() {
    lessor.promote(now, 0);
  }

  private void advance(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  private CompletableFuture<KeepAlive> keepAlive(long id) {
    return lessor.keepAlive(id, now).toCompletableFuture();
  }

  private LeaseStatus status(long id) {
    return lessor.timeToLive(id, now, false).orElseThrow();
  }

  private static void refuses(EtcdError error, Runnable action) {
    assertEquals(error, assertThrows(StoreException.class, action::run).error());
  }
}
