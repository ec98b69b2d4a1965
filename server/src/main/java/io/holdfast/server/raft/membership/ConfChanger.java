package io.holdfast.server.raft.membership;

import io.holdfast.server.raft.Rejection.Reason;
import io.holdfast.server.raft.membership.ConfChange.Step;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Computes the membership that a change leads to. Changing one vote at a time is safe by itself, as
 * any majority before and any majority after have a member in common (Raft thesis, 4.1). A change
 * of more votes goes through a joint membership, in which both majorities are needed (4.3). Steps
 * that concern learners only change no majority.
 */
public final class ConfChanger {
  private ConfChanger() {}

  /** What becomes of a change. */
  public sealed interface Outcome {}

  /** The membership that the change leads to, at first. */
  public record Next(ConfState confState) implements Outcome {}

  /** The change makes no sense in this membership. */
  public record Refused(Reason reason) implements Outcome {}

  /**
   * Applies the steps in order.
   *
   * @param current a membership that is not joint
   */
  public static Outcome next(ConfState current, ConfChange change) {
    if (current.isJoint()) {
      throw new IllegalArgumentException("a joint membership can only be left");
    }
    SortedSet<Long> voters = new TreeSet<>(current.voters());
    SortedSet<Long> learners = new TreeSet<>(current.learners());
    for (Step step : change.steps()) {
      Reason refused = apply(step, voters, learners);
      if (refused != null) {
        return new Refused(refused);
      }
    }
    if (voters.isEmpty()) {
      return new Refused(Reason.NO_VOTER_LEFT);
    }
    if (voters.size() + current.voters().size() + learners.size() > LoggedConfChange.MEMBERS_MAX) {
      return new Refused(Reason.TOO_MANY_MEMBERS);
    }
    return new Next(
        votesChanged(current.voters(), voters) <= 1
            ? new ConfState(voters, new TreeSet<>(), learners, new TreeSet<>(), false)
            : joint(current, voters, learners));
  }

  /** The membership after a joint one. */
  public static ConfState leave(ConfState joint) {
    SortedSet<Long> learners = new TreeSet<>(joint.learners());
    learners.addAll(joint.learnersNext());
    return new ConfState(joint.voters(), new TreeSet<>(), learners, new TreeSet<>(), false);
  }

  private static Reason apply(Step step, SortedSet<Long> voters, SortedSet<Long> learners) {
    long id = step.memberId();
    switch (step.kind()) {
      case ADD_VOTER -> {
        if (!voters.add(id)) {
          return Reason.ALREADY_MEMBER;
        }
        learners.remove(id);
      }
      case ADD_LEARNER -> {
        if (!learners.add(id)) {
          return Reason.ALREADY_MEMBER;
        }
        voters.remove(id);
      }
      case REMOVE -> {
        if (!voters.remove(id) && !learners.remove(id)) {
          return Reason.NOT_MEMBER;
        }
      }
    }
    return null;
  }

  private static int votesChanged(SortedSet<Long> before, SortedSet<Long> after) {
    int changed = 0;
    for (long voter : before) {
      changed += after.contains(voter) ? 0 : 1;
    }
    for (long voter : after) {
      changed += before.contains(voter) ? 0 : 1;
    }
    return changed;
  }

  /** An outgoing voter still votes, so it can become a learner only when the joint phase ends. */
  private static ConfState joint(
      ConfState current, SortedSet<Long> voters, SortedSet<Long> learners) {
    SortedSet<Long> learnersNow = new TreeSet<>(learners);
    learnersNow.removeAll(current.voters());
    SortedSet<Long> learnersNext = new TreeSet<>(learners);
    learnersNext.retainAll(current.voters());
    return new ConfState(voters, current.voters(), learnersNow, learnersNext, true);
  }
}
