package io.holdfast.server.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.message.ForwardPropose;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ForwardedProposalsTest {
  @Test
  void eachIsTakenOnceInAnyOrder() {
    ForwardedProposals forwarded = new ForwardedProposals();
    SplittableRandom random = new SplittableRandom(5);
    Set<Long> taken = new HashSet<>();
    long highest = 0;
    for (int round = 0; round < 100_000; round++) {
      long sequence = Math.max(1, highest + 3 - random.nextLong(90));
      boolean first = forwarded.isFirst(message(2, 7, sequence));
      boolean tooOld = sequence <= highest - 64;
      assertEquals(!tooOld && taken.add(sequence), first, "sequence " + sequence);
      highest = Math.max(highest, sequence);
    }
  }

  @Test
  void runsAndMembersAreKeptApart() {
    ForwardedProposals forwarded = new ForwardedProposals();
    assertTrue(forwarded.isFirst(message(2, 7, 1)));
    assertTrue(forwarded.isFirst(message(2, 8, 1)));
    assertTrue(forwarded.isFirst(message(3, 7, 1)));
    assertFalse(forwarded.isFirst(message(2, 7, 1)));
    forwarded.reset(2);
    assertTrue(forwarded.isFirst(message(2, 7, 1)), "a new term starts afresh");
  }

  @Test
  void whatIsRememberedIsBounded() {
    ForwardedProposals forwarded = new ForwardedProposals();
    int accepted = 0;
    for (long run = 0; run < 1000; run++) {
      accepted += forwarded.isFirst(message(2, run, 1)) ? 1 : 0;
    }
    assertEquals(64, accepted);
  }

  private static ForwardPropose message(long from, long incarnation, long sequence) {
    return new ForwardPropose(from, 1, 1, incarnation, sequence, List.of(new byte[] {1}));
  }
}
