package io.holdfast.server.raft.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void aProbeWaitsForItsAnswer() {
    Progress progress = probing(10);
    progress.sent(2, 100, 0);
    assertTrue(progress.isPaused());
    assertEquals(10, progress.nextIndex(), "a probe does not run ahead");
    progress.allowProbe();
    assertFalse(progress.isPaused());
  }

  @Test
  void aRefusedProbeStepsBackToTheHintAndNeverBelowWhatMatched() {
    Progress progress = probing(10);
    assertTrue(progress.stepBack(9, 4));
    assertEquals(5, progress.nextIndex());
    assertFalse(progress.stepBack(9, 3), "an answer to a probe of before");
    progress.acknowledge(4);
    assertTrue(progress.stepBack(4, 0));
    assertEquals(5, progress.nextIndex(), "index 4 is known to match");
  }

  @Test
  void replicationRunsAheadUntilTheWindowIsFull() {
    Progress progress = probing(1);
    progress.becomeReplicate();
    progress.sent(2, 10, 0);
    progress.sent(1, 10, 0);
    assertFalse(progress.isPaused());
    progress.sent(1, 10, 0);
    assertTrue(progress.isPaused(), "three messages are on the way");
    assertEquals(5, progress.nextIndex());
    assertTrue(progress.acknowledge(2));
    assertFalse(progress.isPaused());
    assertEquals(2, progress.inflightMessages());
  }

  @Test
  void theWindowCountsBytesToo() {
    Progress progress = probing(1);
    progress.becomeReplicate();
    progress.sent(1, 1000, 0);
    assertTrue(progress.isWindowFull());
    assertEquals(1000, progress.inflightBytes());
    progress.acknowledge(1);
    assertEquals(0, progress.inflightBytes());
  }

  @Test
  void aNearPeerGetsOneMessageAtATime() {
    Progress progress = probing(1);
    progress.setNear(true);
    progress.becomeReplicate();
    assertFalse(progress.isPaused());
    progress.sent(2, 10, 0);
    assertTrue(progress.isPaused(), "one message is on the way");
    assertTrue(progress.isWindowFull());
    progress.acknowledge(1);
    assertTrue(progress.isPaused(), "half of it is answered");
    progress.acknowledge(2);
    assertFalse(progress.isPaused());
    progress.sent(1, 10, 0);
    progress.setNear(false);
    assertFalse(progress.isPaused());
    progress.setNear(true);
    progress.reset(4);
    progress.acknowledge(3);
    progress.becomeReplicate();
    progress.sent(1, 10, 0);
    assertFalse(progress.isPaused(), "a new leadership has measured nothing yet");
  }

  @Test
  void aRefusalWhileReplicatingMeansSomethingWasLost() {
    Progress progress = probing(1);
    progress.becomeReplicate();
    progress.sent(3, 10, 0);
    progress.acknowledge(1);
    assertFalse(progress.stepBack(1, 0), "overtaken by the acknowledgement");
    assertTrue(progress.stepBack(3, 1));
    assertEquals(PeerState.PROBE, progress.state());
    assertEquals(2, progress.nextIndex());
    assertEquals(0, progress.inflightMessages());
  }

  @Test
  void aSnapshotHoldsEverythingUntilItHasArrived() {
    Progress progress = probing(3);
    progress.becomeSnapshot(20);
    assertTrue(progress.isPaused());
    progress.becomeProbe();
    assertEquals(21, progress.nextIndex());
    progress.becomeSnapshot(30);
    progress.snapshotFailed();
    assertEquals(1, progress.nextIndex(), "back to what is known to match");
  }

  @Test
  void acknowledgementsNeverMoveBack() {
    Progress progress = probing(5);
    progress.becomeReplicate();
    assertTrue(progress.acknowledge(7));
    assertFalse(progress.acknowledge(6));
    assertEquals(7, progress.matchIndex());
    assertEquals(8, progress.nextIndex());
  }

  @Test
  void silenceIsToldOnceInAnInterval() {
    Progress progress = probing(1);
    progress.beginInterval();
    assertTrue(progress.takeSilent());
    assertFalse(progress.takeSilent());
    progress.beginInterval();
    progress.acknowledge(1);
    assertFalse(progress.takeSilent(), "something was acknowledged");
  }

  @Test
  void theCommitIndexIsToldAloneOnlyWhenNothingIsOnTheWay() {
    Progress progress = probing(1);
    assertFalse(progress.waitsForCommit(5), "a probe will carry it");
    progress.becomeReplicate();
    assertTrue(progress.waitsForCommit(5));
    progress.sent(1, 10, 5);
    assertFalse(progress.waitsForCommit(6), "an answer is due");
    progress.acknowledge(1);
    assertTrue(progress.waitsForCommit(6));
    assertFalse(progress.waitsForCommit(5), "told already");
  }

  @Test
  void theWindowAgreesWithAPlainQueue() {
    SplittableRandom random = new SplittableRandom(3);
    InflightWindow window = new InflightWindow(37, 1_000_000);
    ArrayDeque<long[]> twin = new ArrayDeque<>();
    long index = 0;
    for (int round = 0; round < 50_000; round++) {
      if (!window.isFull() && random.nextInt(3) > 0) {
        index += 1 + random.nextLong(3);
        long bytes = random.nextLong(100);
        window.add(index, bytes);
        twin.add(new long[] {index, bytes});
      } else if (random.nextInt(100) == 0) {
        window.clear();
        twin.clear();
      } else {
        long to = index - random.nextLong(60);
        window.freeTo(to);
        twin.removeIf(message -> message[0] <= to);
      }
      assertEquals(twin.size(), window.count());
      assertEquals(twin.stream().mapToLong(message -> message[1]).sum(), window.bytes());
      assertEquals(twin.size() == 37, window.isFull());
    }
  }

  private static Progress probing(long nextIndex) {
    Progress progress = new Progress(3, 1000);
    progress.reset(nextIndex);
    return progress;
  }
}
