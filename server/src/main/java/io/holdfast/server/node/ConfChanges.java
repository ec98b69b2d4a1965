package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Membership changes that this member has logged and whose fate is open. A change is in force for
 * good when an entry of its term is applied at its index; an entry of another term there means that
 * another leader has replaced it. On the loop only.
 */
final class ConfChanges {
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  private record Pending(
      long index, long term, ConfState confState, CompletableFuture<ConfState> done) {}

  /** The core has answered a step that asked for a change. */
  void asked(Ready ready, CompletableFuture<ConfState> done) {
    for (Rejection rejection : ready.rejections()) {
      if (rejection instanceof Rejection.OfConfigChange) {
        done.completeExceptionally(new ConfChangeRefused(rejection.reason()));
        return;
      }
    }
    RaftStatus status = ready.status();
    pending.add(new Pending(status.confIndex(), status.term(), status.confState(), done));
  }

  /** Entries were applied: one after the other, without gaps. */
  void applied(List<Entry> entries) {
    if (pending.isEmpty()) {
      return;
    }
    long first = entries.get(0).index();
    long last = first + entries.size() - 1;
    Iterator<Pending> open = pending.iterator();
    while (open.hasNext()) {
      Pending one = open.next();
      if (one.index <= last) {
        open.remove();
        decide(one, one.index < first ? 0 : entries.get((int) (one.index - first)).term());
      }
    }
  }

  private static void decide(Pending one, long termThere) {
    if (termThere == one.term) {
      one.done.complete(one.confState);
    } else if (termThere == 0) {
      one.done.completeExceptionally(new IndeterminateException(EtcdError.LEADER_CHANGED));
    } else {
      one.done.completeExceptionally(new ConfChangeRefused(Rejection.Reason.LEADER_CHANGED));
    }
  }

  /** A snapshot came over the log up to an index: what was there before, nobody can tell. */
  void installed(long index) {
    Iterator<Pending> open = pending.iterator();
    while (open.hasNext()) {
      Pending one = open.next();
      if (one.index <= index) {
        open.remove();
        decide(one, 0);
      }
    }
  }

  /** Nothing will be applied any more. */
  void end() {
    pending.forEach(
        one ->
            one.done.completeExceptionally(new IndeterminateException(EtcdError.SERVER_STOPPED)));
    pending.clear();
  }
}
