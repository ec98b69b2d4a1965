package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * What a majority is, computed once more and as plainly as can be: the core's own arithmetic is
 * among what is tested.
 */
final class Majorities {
  private Majorities() {}

  /** Whether those who fulfil a condition decide under a membership. */
  static boolean decide(ConfState membership, LongPredicate condition) {
    return isMajority(membership.voters(), condition)
        && (membership.votersOutgoing().isEmpty()
            || isMajority(membership.votersOutgoing(), condition));
  }

  private static boolean isMajority(Set<Long> voters, LongPredicate condition) {
    long count = voters.stream().filter(condition::test).count();
    return 2 * count > voters.size();
  }

  /** Whether two sets of members could decide without each other, one under each membership. */
  static boolean overlap(ConfState one, ConfState other) {
    List<Long> everybody = new ArrayList<>(one.members());
    other.members().stream().filter(id -> !everybody.contains(id)).forEach(everybody::add);
    for (int subset = 0; subset < 1 << everybody.size(); subset++) {
      int chosen = subset;
      LongPredicate in = id -> (chosen >> everybody.indexOf(id) & 1) == 1;
      if (decide(one, in) && decide(other, in.negate())) {
        return false;
      }
    }
    return true;
  }
}
