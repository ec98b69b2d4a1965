package io.holdfast.server.transport;

import static io.holdfast.server.transport.CommitHold.HOLD_NANOS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.transport.CommitHold.Due;
import io.holdfast.server.transport.CommitHold.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommitHoldTest {
  private static final long GAP = 1_000_000;

  private final CommitHold hold = new CommitHold();
  private long now = -3;
  private long index;

  @Test
  void aLoneWriteIsToldAtOnce() {
    for (int i = 0; i < 50; i++) {
      now += 40 * GAP;
      assertEquals(Verdict.SEND, write());
      assertEquals(Verdict.SEND, commit());
    }
  }

  @Test
  void whileWritesFollowEachOtherTheNextOneCarriesIt() {
    becomeBusy();
    assertEquals(Verdict.WAIT_AND_TIME, commit());
    now += GAP;
    assertEquals(Verdict.SEND, write());
    assertEquals(Verdict.WAIT, commit());
    now += HOLD_NANOS - GAP;
    Due early = hold.due(now);
    assertEquals(Optional.empty(), early.notice());
    assertTrue(early.again());
    assertEquals(GAP, early.nanosUntilNext());
  }

  @Test
  void theLastOneIsToldByTheTimer() {
    becomeBusy();
    assertEquals(Verdict.WAIT_AND_TIME, commit());
    now += HOLD_NANOS;
    Due due = hold.due(now);
    assertEquals(index, due.notice().orElseThrow().leaderCommit());
    assertFalse(due.again());
    assertEquals(Verdict.SEND, commit(), "nothing has followed for so long");
  }

  @Test
  void nothingWaitsLongerThanTheOldestOfThem() {
    becomeBusy();
    assertEquals(Verdict.WAIT_AND_TIME, commit());
    now += HOLD_NANOS - 1;
    assertEquals(Verdict.WAIT, commit());
    now++;
    assertEquals(index, hold.due(now).notice().orElseThrow().leaderCommit());
  }

  @Test
  void aPeerThatAskedIsToldAtOnceForAWhile() {
    becomeBusy();
    assertEquals(Verdict.WAIT_AND_TIME, commit());
    assertEquals(index, hold.peerAsked(now).orElseThrow().leaderCommit());
    assertEquals(Optional.empty(), hold.peerAsked(now));
    for (int i = 0; i < 199; i++) {
      now += GAP;
      write();
      assertEquals(Verdict.SEND, commit());
    }
    now += GAP;
    write();
    assertEquals(Verdict.WAIT, commit(), "the first timer still runs");
  }

  @Test
  void aHeartbeatCarriesItToo() {
    becomeBusy();
    commit();
    hold.judge(new Heartbeat(1, 2, 1, index, 0), now);
    assertEquals(Optional.empty(), hold.due(now + HOLD_NANOS).notice());
  }

  @Test
  void messagesWithoutEntriesDoNotMakeItBusy() {
    for (int i = 0; i < 100; i++) {
      now += GAP;
      hold.judge(new AppendEntries(1, 2, 1, index, 1, List.of(), index), now);
    }
    assertEquals(Verdict.SEND, commit());
  }

  private void becomeBusy() {
    for (int i = 0; i < 40; i++) {
      now += GAP;
      write();
    }
  }

  private Verdict write() {
    Entry entry = new Entry(++index, 1, EntryType.NORMAL, new byte[] {1});
    return hold.judge(new AppendEntries(1, 2, 1, index - 1, 1, List.of(entry), index - 1), now);
  }

  private Verdict commit() {
    return hold.judge(new CommitNotice(1, 2, 1, index), now);
  }
}
