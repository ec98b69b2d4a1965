package io.holdfast.server.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RaftLogTest {
  private static final ConfState CONF = ConfState.ofVoters(List.of(1L, 2L, 3L));

  @Test
  void entriesAreOfferedOnceAndAgainWhenReplaced() {
    RaftLog log = log(1, 1);
    log.append(entry(3, 2));
    log.append(entry(4, 2));
    assertEquals(List.of(3L, 4L), indexes(log.takeUnoffered()));
    assertEquals(List.of(), log.takeUnoffered());
    log.accept(List.of(entry(3, 2), entry(4, 3), entry(5, 3)));
    assertEquals(List.of(4L, 5L), indexes(log.takeUnoffered()), "entry 3 is the same");
  }

  @Test
  void aWriteThatWasReplacedMeanwhileAttestsNothing() {
    RaftLog log = log(1);
    log.append(entry(2, 2));
    log.takeUnoffered();
    log.accept(List.of(entry(2, 3)));
    assertFalse(log.persisted(2, 2));
    assertEquals(1, log.persistedIndex());
    assertTrue(log.persisted(2, 3));
  }

  @Test
  void entriesAreHandedOutOnceCommittedAndPersisted() {
    RaftLog log = log();
    log.append(entry(1, 1));
    log.append(entry(2, 1));
    log.takeUnoffered();
    log.commitTo(2);
    assertEquals(List.of(), log.takeCommitted(), "nothing is durable here");
    log.persisted(1, 1);
    assertEquals(List.of(1L), indexes(log.takeCommitted()));
    log.persisted(2, 1);
    assertEquals(List.of(2L), indexes(log.takeCommitted()));
    assertFalse(log.hasCommittedToHandOut());
  }

  @Test
  void committedEntriesAreNeverReplaced() {
    RaftLog log = log(1, 1, 1);
    log.commitTo(2);
    RaftInvariantError error =
        assertThrows(RaftInvariantError.class, () -> log.accept(List.of(entry(2, 5))));
    assertEquals("state machine safety", error.invariant());
  }

  @Test
  void theCommitIndexNeverRunsBehindTheLog() {
    RaftLog log = log(1, 1);
    RaftInvariantError error = assertThrows(RaftInvariantError.class, () -> log.commitTo(3));
    assertEquals("durability of acknowledged entries", error.invariant());
  }

  @Test
  void aLogOfALaterTermOrOfMoreEntriesIsUpToDate() {
    RaftLog log = log(1, 2, 2);
    assertTrue(log.isUpToDate(1, 3));
    assertTrue(log.isUpToDate(3, 2));
    assertFalse(log.isUpToDate(2, 2));
    assertFalse(log.isUpToDate(9, 1));
  }

  @Test
  void hintsSkipAWholeTerm() {
    RaftLog log = log(1, 1, 4, 4, 5, 5, 6);
    assertEquals(2, log.lastIndexOfTermAtMost(7, 3));
    assertEquals(4, log.lastIndexOfTermAtMost(7, 4));
    assertEquals(6, log.lastIndexOfTermAtMost(6, 9));
    assertEquals(0, log.lastIndexOfTermAtMost(7, 0));
  }

  @Test
  void entriesMayStartBelowTheSnapshot() {
    SnapshotMetadata snapshot = new SnapshotMetadata(4, 2, CONF);
    List<Entry> entries = List.of(entry(2, 1), entry(3, 1), entry(4, 2), entry(5, 2));
    RaftLog log =
        new RaftLog(new Restored(new HardState(2, 0, 4), snapshot, entries, 4), new SafetyRules());
    assertEquals(3, log.firstIndex(), "of the first one only the term is needed");
    assertEquals(1, log.termAt(2));
    assertEquals(5, log.lastIndex());
    assertEquals(-1, log.termAt(1));
  }

  @Test
  void aRestoredLogThatContradictsItselfIsRefused() {
    SnapshotMetadata snapshot = new SnapshotMetadata(2, 2, CONF);
    refused(new HardState(2, 0, 0), snapshot, List.of(entry(4, 2)), 2);
    refused(new HardState(2, 0, 0), snapshot, List.of(entry(2, 1), entry(3, 2)), 2);
    refused(new HardState(2, 0, 9), snapshot, List.of(entry(3, 2)), 2);
    refused(new HardState(2, 0, 2), snapshot, List.of(entry(3, 2)), 1);
    refused(new HardState(2, 0, 2), snapshot, List.of(entry(3, 2), entry(4, 1)), 2);
  }

  @Test
  void theRingAgreesWithAPlainList() {
    SplittableRandom random = new SplittableRandom(4);
    RaftLog log = log();
    List<Entry> twin = new ArrayList<>();
    long dropped = 0;
    long term = 1;
    for (int round = 0; round < 20_000; round++) {
      long last = dropped + twin.size();
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          for (int i = random.nextInt(20); i > 0; i--) {
            Entry entry = entry(++last, term);
            log.append(entry);
            twin.add(entry);
          }
          log.takeUnoffered();
        }
        case 2 -> {
          if (last > log.commitIndex()) {
            long from = log.commitIndex() + 1 + random.nextLong(last - log.commitIndex());
            Entry entry = entry(from, ++term);
            log.accept(List.of(entry));
            twin.subList((int) (from - dropped - 1), twin.size()).clear();
            twin.add(entry);
            log.takeUnoffered();
          }
        }
        default -> {
          log.persisted(log.lastIndex(), log.lastTerm());
          log.commitTo(log.commitIndex() + random.nextLong(last - log.commitIndex() + 1));
          log.takeCommitted();
          long keepFrom = dropped + 1 + random.nextLong(log.handedOutIndex() - dropped + 1);
          log.truncatePrefix(keepFrom);
          twin.subList(0, (int) (keepFrom - 1 - dropped)).clear();
          dropped = keepFrom - 1;
        }
      }
      assertEquals(dropped + 1, log.firstIndex());
      assertEquals(twin, log.sliceUpTo(log.firstIndex(), Long.MAX_VALUE));
    }
  }

  private static void refused(
      HardState hardState, SnapshotMetadata snapshot, List<Entry> entries, long applied) {
    Restored restored = new Restored(hardState, snapshot, entries, applied);
    assertThrows(
        RaftInvariantError.class,
        () -> new RaftLog(restored, new SafetyRules()),
        restored::toString);
  }

  private static RaftLog log(long... terms) {
    List<Entry> entries = new ArrayList<>();
    for (long term : terms) {
      entries.add(entry(entries.size() + 1, term));
    }
    return new RaftLog(
        new Restored(HardState.INITIAL, SnapshotMetadata.initial(CONF), entries, 0),
        new SafetyRules());
  }

  private static Entry entry(long index, long term) {
    return new Entry(index, term, EntryType.NORMAL, new byte[] {1});
  }

  private static List<Long> indexes(List<Entry> entries) {
    return entries.stream().map(Entry::index).toList();
  }
}
