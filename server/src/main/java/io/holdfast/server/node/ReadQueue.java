package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.ReadState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Linearizable reads between their caller and the state machine: all that wait share one question
 * to the core; what arrives while it is under way shares the next one. A question that stays
 * unanswered is asked again under a new id, never under the old one, because an answer to the old
 * one says nothing about reads that joined later.
 */
final class ReadQueue {
  private final int countMax;
  private final long retryNanos;
  private final AtomicInteger count = new AtomicInteger();
  private List<PendingRead> waiting = new ArrayList<>();
  private final ArrayDeque<Answered> answered = new ArrayDeque<>();
  private List<PendingRead> asked = List.of();
  private long askedId;
  private long askedAtNanos;
  private long lastId;

  /** A read that waits, and until when. */
  static final class PendingRead extends CompletableFuture<Long> {
    private final long deadlineNanos;

    PendingRead(long deadlineNanos) {
      this.deadlineNanos = deadlineNanos;
    }
  }

  private record Answered(long index, List<PendingRead> reads) {}

  /**
   * @param firstId where ids begin; must differ from run to run of the process
   */
  ReadQueue(NodeOptions options, long firstId) {
    countMax = options.readsPendingMax();
    retryNanos = options.readRetryNanos();
    lastId = firstId;
  }

  /** Reserves room for a read; any thread. */
  boolean reserve() {
    if (count.incrementAndGet() > countMax) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  /** How many hold a reservation; any thread. */
  int size() {
    return count.get();
  }

  void add(PendingRead read) {
    waiting.add(read);
  }

  /** Whether a question should be asked now. */
  boolean wantsToAsk(long nowNanos) {
    if (askedId != 0) {
      return nowNanos - askedAtNanos >= retryNanos;
    }
    return !waiting.isEmpty();
  }

  /** Starts a round with everything that waits and gives its fresh id. */
  long ask(long nowNanos) {
    if (askedId != 0) {
      asked.addAll(waiting);
      waiting.clear();
    } else {
      asked = waiting;
      waiting = new ArrayList<>();
    }
    asked.removeIf(this::releaseIfDone);
    askedId = ++lastId;
    askedAtNanos = nowNanos;
    return askedId;
  }

  /** The round got its index; reads complete once that is applied. */
  void answered(ReadState state, long appliedIndex) {
    if (state.requestId() != askedId) {
      return;
    }
    List<PendingRead> reads = asked;
    endRound();
    if (state.index() <= appliedIndex) {
      complete(reads, state.index());
    } else {
      answered.addLast(new Answered(state.index(), reads));
    }
  }

  /** The core will not answer this round: its reads wait for the next one. */
  void rejected(long requestId) {
    if (requestId != askedId) {
      return;
    }
    List<PendingRead> reads = asked;
    endRound();
    reads.addAll(waiting);
    waiting = reads;
  }

  /** Completes the reads whose index is applied now. */
  void applied(long appliedIndex) {
    Answered next;
    while ((next = answered.peekFirst()) != null && next.index() <= appliedIndex) {
      answered.pollFirst();
      complete(next.reads(), next.index());
    }
  }

  /**
   * Fails the reads whose time is over and forgets those that nobody waits for any more.
   *
   * @return how many failed
   */
  int expire(long nowNanos) {
    int failed = expire(waiting, nowNanos, EtcdError.TIMEOUT);
    if (askedId != 0) {
      failed += expire(asked, nowNanos, EtcdError.TIMEOUT);
    }
    for (Answered round : answered) {
      failed += expire(round.reads(), nowNanos, EtcdError.TIMEOUT_APPLIED_INDEX);
    }
    return failed;
  }

  private int expire(List<PendingRead> reads, long nowNanos, EtcdError reason) {
    int failed = 0;
    for (PendingRead read : reads) {
      boolean late = nowNanos - read.deadlineNanos >= 0;
      if (late && read.completeExceptionally(reason.asException())) {
        failed++;
      }
    }
    reads.removeIf(this::releaseIfDone);
    return failed;
  }

  void refuse(PendingRead read, EtcdError reason) {
    count.decrementAndGet();
    read.completeExceptionally(reason.asException());
  }

  void refuseAll(EtcdError reason) {
    List<PendingRead> all = new ArrayList<>(asked);
    all.addAll(waiting);
    answered.forEach(round -> all.addAll(round.reads()));
    waiting.clear();
    answered.clear();
    endRound();
    all.forEach(read -> refuse(read, reason));
  }

  private boolean releaseIfDone(PendingRead read) {
    if (read.isDone()) {
      count.decrementAndGet();
      return true;
    }
    return false;
  }

  private void complete(List<PendingRead> reads, long index) {
    Long boxed = index;
    for (int i = 0; i < reads.size(); i++) {
      count.decrementAndGet();
      reads.get(i).complete(boxed);
    }
  }

  private void endRound() {
    asked = List.of();
    askedId = 0;
  }
}
