package io.holdfast.server.raft.quorum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The arithmetic against a twin that counts on its fingers. */
class QuorumTest {
  private static final int ROUNDS = 20_000;

  @Test
  void reachedAgreesWithTheNaiveTwin() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < ROUNDS; round++) {
      ConfState confState = randomConfState(random);
      Map<Long, Long> reached = new HashMap<>();
      for (long member : confState.members()) {
        reached.put(member, random.nextLong(8));
      }
      long expected =
          Math.min(
              naiveReached(confState.voters(), reached),
              naiveReached(confState.votersOutgoing(), reached));
      assertEquals(
          expected,
          new Quorum(confState).reachedBy(reached::get),
          () -> confState + " with " + reached);
    }
  }

  @Test
  void voteAgreesWithTheNaiveTwin() {
    SplittableRandom random = new SplittableRandom(2);
    for (int round = 0; round < ROUNDS; round++) {
      ConfState confState = randomConfState(random);
      Map<Long, Ballot> ballots = new HashMap<>();
      for (long member : confState.members()) {
        ballots.put(member, Ballot.values()[random.nextInt(3)]);
      }
      assertEquals(
          naiveVote(confState, ballots),
          new Quorum(confState).vote(ballots::get),
          () -> confState + " with " + ballots);
    }
  }

  @Test
  void nobodyAgreesToEverything() {
    Majority nobody = new Majority(List.of());
    assertEquals(Long.MAX_VALUE, nobody.reachedBy(voter -> 0));
    assertEquals(VoteResult.WON, nobody.vote(voter -> Ballot.NO));
    assertEquals(0, nobody.size());
  }

  @Test
  void aVoterCountsOnce() {
    assertThrows(IllegalArgumentException.class, () -> new Majority(List.of(1L, 2L, 1L)));
  }

  @Test
  void learnersDoNotCount() {
    ConfState confState = new ConfState(set(1, 2, 3), set(), set(4, 5), set(), false);
    Quorum quorum = new Quorum(confState);
    assertFalse(quorum.contains(4));
    assertEquals(0, quorum.reachedBy(member -> member >= 3 ? 9 : 0));
    assertEquals(
        VoteResult.PENDING, quorum.vote(member -> member >= 3 ? Ballot.YES : Ballot.MISSING));
  }

  @Test
  void onlyASingleVoterDecidesAlone() {
    assertTrue(new Quorum(ConfState.ofVoters(List.of(7L))).isOnly(7));
    assertFalse(new Quorum(ConfState.ofVoters(List.of(7L))).isOnly(8));
    assertFalse(new Quorum(ConfState.ofVoters(List.of(7L, 8L))).isOnly(7));
    ConfState joint = new ConfState(set(7), set(7, 8, 9), set(), set(), true);
    assertFalse(new Quorum(joint).isOnly(7), "the outgoing majority is needed too");
  }

  private static long naiveReached(Collection<Long> voters, Map<Long, Long> reached) {
    if (voters.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long best = 0;
    for (long candidate = 0; candidate < 10; candidate++) {
      int holders = 0;
      for (long voter : voters) {
        holders += reached.get(voter) >= candidate ? 1 : 0;
      }
      if (2 * holders > voters.size()) {
        best = candidate;
      }
    }
    return best;
  }

  /** Won if every way to fill in the missing ballots wins, lost if none does. */
  private static VoteResult naiveVote(ConfState confState, Map<Long, Ballot> ballots) {
    List<Long> missing = new ArrayList<>();
    ballots.forEach(
        (member, ballot) -> {
          if (ballot == Ballot.MISSING) {
            missing.add(member);
          }
        });
    boolean mayWin = false;
    boolean mayLose = false;
    for (int choice = 0; choice < 1 << missing.size(); choice++) {
      Map<Long, Ballot> filled = new HashMap<>(ballots);
      for (int i = 0; i < missing.size(); i++) {
        filled.put(missing.get(i), (choice >> i & 1) == 1 ? Ballot.YES : Ballot.NO);
      }
      boolean won =
          naiveWon(confState.voters(), filled) && naiveWon(confState.votersOutgoing(), filled);
      mayWin |= won;
      mayLose |= !won;
    }
    return !mayLose ? VoteResult.WON : mayWin ? VoteResult.PENDING : VoteResult.LOST;
  }

  private static boolean naiveWon(Collection<Long> voters, Map<Long, Ballot> ballots) {
    long yes = voters.stream().filter(voter -> ballots.get(voter) == Ballot.YES).count();
    return voters.isEmpty() || 2 * yes > voters.size();
  }

  private static ConfState randomConfState(SplittableRandom random) {
    TreeSet<Long> voters = randomMembers(random, 1);
    TreeSet<Long> outgoing = random.nextBoolean() ? randomMembers(random, 0) : new TreeSet<>();
    TreeSet<Long> learners = randomMembers(random, 0);
    learners.removeAll(voters);
    learners.removeAll(outgoing);
    return new ConfState(voters, outgoing, learners, new TreeSet<>(), false);
  }

  private static TreeSet<Long> randomMembers(SplittableRandom random, int atLeast) {
    TreeSet<Long> members = new TreeSet<>();
    int count = atLeast + random.nextInt(6 - atLeast);
    while (members.size() < count) {
      members.add(1 + random.nextLong(8));
    }
    return members;
  }

  private static TreeSet<Long> set(long... members) {
    TreeSet<Long> set = new TreeSet<>();
    for (long member : members) {
      set.add(member);
    }
    return set;
  }
}
