package io.holdfast.server.raft;

import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What a follower forwarded lately. A leader that is handing over gives back what it did not log;
 * the follower then proposes it again, to the next leader, and nobody notices but by the time it
 * takes. A message is given back at most once, as its leader takes it or refuses it once.
 *
 * <p>Bounded in number, bytes and time: what is refused later than that has an unknown outcome for
 * its proposer, as has what is lost on the way.
 */
final class SentProposals {
  private static final int KEPT_MAX = 64;
  private static final long KEPT_BYTES_MAX = 4L << 20;

  /** Whoever proposed it has given up by then. */
  private static final int KEPT_ELECTION_TIMEOUTS = 5;

  private final int keptTicks;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();
  private final ArrayDeque<Sent> returned = new ArrayDeque<>();
  private long bytes;
  private long now;

  private record Sent(ForwardPropose message, long bytes, long tick) {}

  SentProposals(RaftConfig config) {
    keptTicks = KEPT_ELECTION_TIMEOUTS * config.electionTimeoutTicks();
  }

  void add(ForwardPropose message) {
    long size = 0;
    for (byte[] command : message.commands()) {
      size += command.length;
    }
    sent.add(new Sent(message, size, now));
    bytes += size;
    while (sent.size() > KEPT_MAX || bytes > KEPT_BYTES_MAX) {
      bytes -= sent.poll().bytes();
    }
  }

  void onRefused(ForwardRefused refusal) {
    for (Sent each : sent) {
      ForwardPropose message = each.message();
      if (message.sequence() == refusal.sequence()
          && message.incarnation() == refusal.incarnation()) {
        sent.remove(each);
        bytes -= each.bytes();
        returned.add(each);
        return;
      }
    }
  }

  /** Time goes by: forgets what is too old. */
  void tick() {
    now++;
    while (!sent.isEmpty() && now - sent.peek().tick() > keptTicks) {
      bytes -= sent.poll().bytes();
    }
    while (!returned.isEmpty() && now - returned.peek().tick() > keptTicks) {
      returned.poll();
    }
  }

  /** Whether something was given back by a leader of an earlier term than this. */
  boolean hasReturnedBefore(long term) {
    return !returned.isEmpty() && returned.peek().message().term() < term;
  }

  /** Takes what was given back, in the order in which it was. */
  List<List<byte[]>> takeReturned() {
    if (returned.isEmpty()) {
      return List.of();
    }
    List<List<byte[]>> commands = new ArrayList<>(returned.size());
    returned.forEach(each -> commands.add(each.message().commands()));
    returned.clear();
    return commands;
  }
}
