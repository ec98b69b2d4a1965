package io.holdfast.server.raft.membership;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A cluster's membership at one point of the log. While {@code votersOutgoing} is not empty the
 * membership is joint: elections and commits need a majority of both sets of voters (Raft thesis,
 * 4.3).
 *
 * @param voters members whose votes count; during a change, the incoming ones
 * @param votersOutgoing the voters before a change under way; empty otherwise
 * @param learners members that get the log but have no vote
 * @param learnersNext outgoing voters that become learners when the change ends
 * @param autoLeave whether the leader ends the joint phase by itself
 */
public record ConfState(
    SortedSet<Long> voters,
    SortedSet<Long> votersOutgoing,
    SortedSet<Long> learners,
    SortedSet<Long> learnersNext,
    boolean autoLeave) {

  /** No members: what a member knows that is to join and has heard from nobody. */
  public static final ConfState NONE = ofVoters(new TreeSet<>());

  public ConfState {
    voters = frozen(voters);
    votersOutgoing = frozen(votersOutgoing);
    learners = frozen(learners);
    learnersNext = frozen(learnersNext);
    if (!Collections.disjoint(voters, learners)
        || !Collections.disjoint(votersOutgoing, learners)) {
      throw new IllegalArgumentException("a member is both voter and learner");
    }
    if (!votersOutgoing.containsAll(learnersNext)) {
      throw new IllegalArgumentException("only an outgoing voter can become a learner later");
    }
    if (voters.contains(0L) || learners.contains(0L)) {
      throw new IllegalArgumentException("0 is no member id");
    }
  }

  /** A membership of these voters and nobody else. */
  public static ConfState ofVoters(Collection<Long> voters) {
    return new ConfState(
        new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), false);
  }

  /** Whether a change is under way that needs two majorities. */
  public boolean isJoint() {
    return !votersOutgoing.isEmpty();
  }

  /** Whether the member has a vote, in either half of a joint membership. */
  public boolean isVoter(long memberId) {
    return voters.contains(memberId) || votersOutgoing.contains(memberId);
  }

  /** Everybody who gets the log, in ascending order. */
  public SortedSet<Long> members() {
    SortedSet<Long> all = new TreeSet<>(voters);
    all.addAll(votersOutgoing);
    all.addAll(learners);
    return Collections.unmodifiableSortedSet(all);
  }

  /** How many members there are. */
  public int memberCount() {
    return members().size();
  }

  private static SortedSet<Long> frozen(SortedSet<Long> members) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(members));
  }
}
