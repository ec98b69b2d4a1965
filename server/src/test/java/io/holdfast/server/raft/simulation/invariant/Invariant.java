package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.List;

/**
 * A property that must hold after every event of a run. It is told what happens and throws {@link
 * SimulationFailure} when the property is broken.
 */
public interface Invariant {
  /** A member has recovered. */
  default void started(Cluster cluster, SimulatedNode node) {}

  /** A member's core has answered a step; its log mirror is still as it was before. */
  default void beforeWrite(Cluster cluster, SimulatedNode node, Ready ready) {}

  /** A member's core has answered a step. */
  default void stepped(Cluster cluster, SimulatedNode node, Ready ready) {}

  /** A message leaves a member. */
  default void beforeSend(Cluster cluster, SimulatedNode node, Message message) {}

  /**
   * A member has learnt that an entry is committed.
   *
   * @param first whether no member knew before
   */
  default void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {}

  /** A member's state machine has executed an entry. */
  default void applied(Cluster cluster, SimulatedNode node, Entry entry) {}

  /** Those that see damage done, and nothing of how it comes about. */
  static List<Invariant> ofHarmOnly() {
    return List.of(
        new ElectionSafety(),
        new LogMatching(),
        new LeaderCompleteness(),
        new StateMachineSafety(),
        new OneVotePerTerm());
  }

  /** A fresh instance of every invariant. */
  static List<Invariant> all() {
    return List.of(
        new ElectionSafety(),
        new OneVotePerTerm(),
        new LeaderAppendOnly(),
        new LogMatching(),
        new LeaderCompleteness(),
        new StateMachineSafety(),
        new Monotonicity(),
        new PersistedBeforeSent(),
        new PersistedIsDurable(),
        new CommittedIsDurable(),
        new ProposedOnce(),
        new LeaderIsVoter(),
        new ElectedByQuorum(),
        new ElectableHoldsCommitted(),
        new MembershipFollowsTheLog(),
        new OneChangeAtATime(),
        new MajoritiesOverlap());
  }
}
