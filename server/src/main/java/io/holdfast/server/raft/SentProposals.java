package io.holdfast.server.raft;

import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a follower forwarded lately, to be proposed again to the next leader if this one never
 * logged it; then nobody notices but by the time it takes. There are two ways to know:
 *
 * <ul>
 *   <li>a leader that is handing over gives back what it did not log. A message is given back at
 *       most once, as its leader takes it or refuses it once;
 *   <li>an entry of a later term is committed here, and the command is not among the entries before
 *       it. Only the leader of the message's term takes the message, terms never fall along a log,
 *       and what is committed is the same on all members: so the command can never be committed any
 *       more, whether it died with its leader, on the way there, or was replaced.
 * </ul>
 *
 * <p>Bounded in number, bytes and time: what comes to light later than that has an unknown outcome
 * for its proposer.
 */
final class SentProposals {
  private static final int KEPT_MAX = 512;
  private static final long KEPT_BYTES_MAX = 4L << 20;

  /** Whoever proposed it has given up by then. */
  private static final int KEPT_ELECTION_TIMEOUTS = 5;

  private final SafetyRules rules;
  private final int keptTicks;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();
  private final ArrayDeque<Sent> returned = new ArrayDeque<>();
  private long bytes;
  private long now;

  /**
   * @param commitIndex what was committed when it was sent; its entries can only be behind that
   */
  private record Sent(ForwardPropose message, long bytes, long tick, long commitIndex) {
    Sent with(List<byte[]> commands) {
      ForwardPropose rest =
          new ForwardPropose(
              message.from(),
              message.to(),
              message.term(),
              message.incarnation(),
              message.sequence(),
              commands);
      return new Sent(rest, bytes, tick, commitIndex);
    }
  }

  /** A command, equal to another one of the same bytes. */
  private record Content(byte[] bytes) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Content content && Arrays.equals(bytes, content.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  SentProposals(RaftConfig config, SafetyRules rules) {
    this.rules = rules;
    keptTicks = KEPT_ELECTION_TIMEOUTS * config.electionTimeoutTicks();
  }

  void add(ForwardPropose message, long commitIndex) {
    long size = 0;
    for (byte[] command : message.commands()) {
      size += command.length;
    }
    sent.add(new Sent(message, size, now, commitIndex));
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

  /** Finds what was sent in terms that have ended for good, and was not logged in them. */
  void settle(RaftLog log) {
    if (sent.isEmpty()) {
      return;
    }
    long committedTerm = log.termAt(log.commitIndex());
    if (sent.peek().message().term() >= committedTerm) {
      return;
    }
    List<Sent> ended = new ArrayList<>();
    while (!sent.isEmpty() && sent.peek().message().term() < committedTerm) {
      Sent each = sent.poll();
      bytes -= each.bytes();
      // Where the log no longer reaches back so far, nobody can tell.
      if (each.commitIndex() + 1 >= log.firstIndex()) {
        ended.add(each);
      }
    }
    if (!ended.isEmpty()) {
      Set<Content> logged = loggedOf(ended, log);
      ended.forEach(each -> giveBackLost(each, logged));
    }
  }

  private void giveBackLost(Sent each, Set<Content> logged) {
    List<byte[]> lost = new ArrayList<>();
    for (byte[] command : each.message().commands()) {
      if (rules.isLost(logged.contains(new Content(command)))) {
        lost.add(command);
      }
    }
    if (!lost.isEmpty()) {
      returned.add(each.with(lost));
    }
  }

  /** Those of the sent commands that are committed. Every command names its request: all differ. */
  private static Set<Content> loggedOf(List<Sent> ended, RaftLog log) {
    Set<Content> wanted = new HashSet<>();
    for (Sent each : ended) {
      each.message().commands().forEach(command -> wanted.add(new Content(command)));
    }
    Set<Content> logged = new HashSet<>();
    for (long i = ended.get(0).commitIndex() + 1; i <= log.commitIndex(); i++) {
      Content data = new Content(log.entryAt(i).data());
      if (wanted.contains(data)) {
        logged.add(data);
      }
    }
    return logged;
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

  /** Whether something is to be proposed again that an earlier term than this did not log. */
  boolean hasReturnedBefore(long term) {
    return !returned.isEmpty() && returned.peek().message().term() < term;
  }

  /** Takes what is to be proposed again, in the order in which that came to light. */
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
