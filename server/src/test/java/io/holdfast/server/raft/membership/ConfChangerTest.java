package io.holdfast.server.raft.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.Rejection.Reason;
import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfChangerTest {
  private static final ConfState THREE = ConfState.ofVoters(List.of(1L, 2L, 3L));

  @Test
  void oneStepIsASimpleChange() {
    assertEquals(conf(set(1, 2, 3, 4), set()), next(THREE, add(4)));
    assertEquals(conf(set(1, 2, 3), set(4)), next(THREE, learner(4)));
    assertEquals(conf(set(1, 2), set()), next(THREE, remove(3)));
    assertEquals(conf(set(1, 2), set(3)), next(THREE, learner(3)));
    ConfState withLearner = conf(set(1), set(2, 3));
    assertEquals(conf(set(1, 2), set(3)), next(withLearner, add(2)));
    assertEquals(conf(set(1), set(3)), next(withLearner, remove(2)));
  }

  @Test
  void withoutStepsNothingChanges() {
    assertEquals(THREE, next(THREE));
  }

  @Test
  void learnersAloneNeedNoJointMembership() {
    assertEquals(conf(set(1, 2, 3), set(4, 5, 6)), next(THREE, learner(4), learner(5), learner(6)));
  }

  @Test
  void severalVotesGoThroughAJointMembership() {
    ConfState joint = next(THREE, add(4), add(5), remove(1), learner(2));
    assertEquals(new ConfState(set(3, 4, 5), set(1, 2, 3), set(), set(2), true), joint);
    assertEquals(conf(set(3, 4, 5), set(2)), ConfChanger.leave(joint));
  }

  @Test
  void aJointMembershipCanOnlyBeLeft() {
    ConfState joint = next(THREE, add(4), add(5));
    assertThrows(IllegalArgumentException.class, () -> next(joint, remove(1)));
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    ConfState one = conf(set(1), set(2));
    assertEquals(Reason.ALREADY_MEMBER, refusal(one, add(1)));
    assertEquals(Reason.ALREADY_MEMBER, refusal(one, learner(2)));
    assertEquals(Reason.NOT_MEMBER, refusal(one, remove(3)));
    assertEquals(Reason.NO_VOTER_LEFT, refusal(one, remove(1)));
    assertEquals(Reason.NO_VOTER_LEFT, refusal(one, learner(1)));
    assertEquals(Reason.NO_VOTER_LEFT, refusal(THREE, remove(1), remove(2), remove(3)));
    SortedSet<Long> crowd = new TreeSet<>();
    for (long id = 1; id < LoggedConfChange.MEMBERS_MAX; id++) {
      crowd.add(id);
    }
    ConfState full = conf(set(5000), crowd);
    assertEquals(Reason.TOO_MANY_MEMBERS, refusal(full, learner(6000)));
  }

  @Test
  void aChangeNamesAMemberOnceAndIsBounded() {
    assertThrows(IllegalArgumentException.class, () -> change(add(1), remove(1)));
    assertThrows(IllegalArgumentException.class, () -> add(0));
    List<Step> many = new ArrayList<>();
    for (long id = 1; id <= ConfChange.STEPS_MAX + 1; id++) {
      many.add(add(id));
    }
    assertThrows(IllegalArgumentException.class, () -> new ConfChange(many, new byte[0]));
    byte[] tooLong = new byte[ConfChange.CONTEXT_BYTES_MAX + 1];
    assertThrows(IllegalArgumentException.class, () -> new ConfChange(List.of(), tooLong));
  }

  /** Thesis, 4.1 and 4.3: no two majorities of neighbouring memberships are disjoint. */
  @Test
  void majoritiesOfNeighboursOverlap() {
    for (long seed = 1; seed <= 400; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      ConfState now = THREE;
      for (int i = 0; i < 10; i++) {
        ConfChanger.Outcome outcome = ConfChanger.next(now, randomChange(random));
        if (outcome instanceof ConfChanger.Next changed) {
          ConfState next = changed.confState();
          assertTrue(overlap(now, next), "seed " + seed + ": " + now + " to " + next);
          now = next;
        }
        if (now.isJoint()) {
          ConfState left = ConfChanger.leave(now);
          assertTrue(overlap(now, left), "seed " + seed + ": " + now + " to " + left);
          now = left;
        }
        assertFalse(now.voters().isEmpty());
      }
    }
  }

  private static ConfChange randomChange(SplittableRandom random) {
    List<Step> steps = new ArrayList<>();
    for (long id = 1; id <= 6; id++) {
      if (random.nextInt(3) == 0) {
        steps.add(new Step(Kind.values()[random.nextInt(3)], id));
      }
    }
    return new ConfChange(steps, new byte[0]);
  }

  private static boolean overlap(ConfState one, ConfState other) {
    for (int chosen = 0; chosen < 1 << 6; chosen++) {
      if (decides(one, chosen) && decides(other, ~chosen)) {
        return false;
      }
    }
    return true;
  }

  private static boolean decides(ConfState confState, int chosen) {
    return isMajority(confState.voters(), chosen)
        && (!confState.isJoint() || isMajority(confState.votersOutgoing(), chosen));
  }

  private static boolean isMajority(Set<Long> voters, int chosen) {
    long count = voters.stream().filter(id -> (chosen >> (id - 1) & 1) == 1).count();
    return 2 * count > voters.size();
  }

  private static ConfState next(ConfState before, Step... steps) {
    ConfChanger.Outcome outcome = ConfChanger.next(before, change(steps));
    return assertInstanceOf(ConfChanger.Next.class, outcome).confState();
  }

  private static Reason refusal(ConfState before, Step... steps) {
    ConfChanger.Outcome outcome = ConfChanger.next(before, change(steps));
    return assertInstanceOf(ConfChanger.Refused.class, outcome).reason();
  }

  private static ConfChange change(Step... steps) {
    return new ConfChange(Arrays.asList(steps), new byte[0]);
  }

  private static Step add(long id) {
    return new Step(Kind.ADD_VOTER, id);
  }

  private static Step learner(long id) {
    return new Step(Kind.ADD_LEARNER, id);
  }

  private static Step remove(long id) {
    return new Step(Kind.REMOVE, id);
  }

  private static ConfState conf(SortedSet<Long> voters, SortedSet<Long> learners) {
    return new ConfState(voters, set(), learners, set(), false);
  }

  private static SortedSet<Long> set(long... ids) {
    SortedSet<Long> set = new TreeSet<>();
    for (long id : ids) {
      set.add(id);
    }
    return set;
  }
}
