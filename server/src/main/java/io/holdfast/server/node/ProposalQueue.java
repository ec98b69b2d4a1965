package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Proposals between their caller and the core. Callers reserve room first, so that the sum of what
 * lies in the mailbox and here is bounded by count and bytes; the loop takes them out in batches.
 * While no leader is known they wait: the core never saw them, so handing them in later is safe.
 */
final class ProposalQueue {
  private final int countMax;
  private final long bytesMax;
  private final long batchBytesMax;
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final ArrayDeque<Proposal> waiting = new ArrayDeque<>();

  ProposalQueue(NodeOptions options) {
    countMax = options.proposalsPendingMax();
    bytesMax = options.proposalBytesPendingMax();
    batchBytesMax = options.proposalBatchBytesMax();
  }

  /** Reserves room for a proposal; any thread. A single one always fits when nothing waits. */
  boolean reserve(Proposal proposal) {
    int length = proposal.command().length;
    if (count.incrementAndGet() > countMax) {
      count.decrementAndGet();
      return false;
    }
    long before = bytes.getAndAdd(length);
    if (before > 0 && before + length > bytesMax) {
      release(proposal);
      return false;
    }
    return true;
  }

  /** How many hold a reservation; any thread. */
  int size() {
    return count.get();
  }

  void add(Proposal proposal) {
    waiting.addLast(proposal);
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Takes out the next batch, without those that nobody waits for any more. */
  List<Proposal> takeBatch() {
    List<Proposal> batch = new ArrayList<>(waiting.size());
    long batchBytes = 0;
    Proposal next;
    while ((next = waiting.peekFirst()) != null) {
      if (next.abandoned()) {
        release(waiting.pollFirst());
        continue;
      }
      batchBytes += next.command().length;
      if (batchBytes > batchBytesMax && !batch.isEmpty()) {
        break;
      }
      batch.add(waiting.pollFirst());
    }
    return batch;
  }

  /** Gives back the room of proposals that the core has taken. */
  void accepted(List<Proposal> batch) {
    for (int i = 0; i < batch.size(); i++) {
      release(batch.get(i));
    }
  }

  /** Puts a batch that the core did not take back to the front. */
  void putBack(List<Proposal> batch) {
    for (int i = batch.size() - 1; i >= 0; i--) {
      waiting.addFirst(batch.get(i));
    }
  }

  void refuse(Proposal proposal, EtcdError reason) {
    release(proposal);
    proposal.refused(reason);
  }

  void refuseAll(EtcdError reason) {
    Proposal next;
    while ((next = waiting.pollFirst()) != null) {
      refuse(next, reason);
    }
  }

  /** Drops those that nobody waits for any more, so that they do not hold room without a leader. */
  void dropAbandoned() {
    waiting.removeIf(
        proposal -> {
          boolean abandoned = proposal.abandoned();
          if (abandoned) {
            release(proposal);
          }
          return abandoned;
        });
  }

  private void release(Proposal proposal) {
    count.decrementAndGet();
    bytes.addAndGet(-proposal.command().length);
  }
}
