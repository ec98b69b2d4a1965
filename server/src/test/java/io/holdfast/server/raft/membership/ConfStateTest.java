package io.holdfast.server.raft.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfStateTest {
  @Test
  void membersAreEverybodyWhoGetsTheLog() {
    ConfState joint = new ConfState(set(1, 2), set(2, 3), set(4), set(3), true);
    assertEquals(set(1, 2, 3, 4), joint.members());
    assertTrue(joint.isJoint());
    assertTrue(joint.isVoter(3));
    assertFalse(joint.isVoter(4));
    assertFalse(ConfState.ofVoters(List.of(1L)).isJoint());
  }

  @Test
  void nobodyIsVoterAndLearner() {
    refused(set(1, 2), set(), set(2), set());
    refused(set(1), set(2), set(2), set());
  }

  @Test
  void onlyOutgoingVotersBecomeLearnersLater() {
    refused(set(1), set(1, 2), set(), set(3));
  }

  @Test
  void zeroIsNoMember() {
    refused(set(0, 1), set(), set(), set());
  }

  @Test
  void whatIsGivenIsCopiedAndCannotBeChanged() {
    TreeSet<Long> voters = new TreeSet<>(set(1, 2));
    ConfState confState = ConfState.ofVoters(voters);
    voters.add(3L);
    assertEquals(set(1, 2), confState.voters());
    assertThrows(UnsupportedOperationException.class, () -> confState.voters().add(3L));
    assertThrows(UnsupportedOperationException.class, () -> confState.members().add(3L));
  }

  private static void refused(
      SortedSet<Long> voters,
      SortedSet<Long> outgoing,
      SortedSet<Long> learners,
      SortedSet<Long> learnersNext) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new ConfState(voters, outgoing, learners, learnersNext, false));
  }

  private static SortedSet<Long> set(long... members) {
    SortedSet<Long> set = new TreeSet<>();
    for (long member : members) {
      set.add(member);
    }
    return set;
  }
}
