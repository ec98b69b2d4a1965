package io.holdfast.server.apply;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import io.holdfast.server.raft.membership.ConfState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The membership as entries of the log make it, and which changes it lets pass. */
class MembershipTest {
  private static final long HIGH_ID = 0xF000000000000001L;

  @TempDir Path directory;
  private StateFixture state;

  @BeforeEach
  void foundCluster() {
    state = new StateFixture(directory);
    state.found(founder(1, "one"), founder(2, "two"), founder(HIGH_ID, "high"));
  }

  @AfterEach
  void close() {
    state.close();
  }

  @Test
  void beginsWithItsFounders() {
    assertEquals(
        List.of("one", "two", "high"),
        membership().members().values().stream().map(MemberRecord::name).toList());
    assertEquals(conf(List.of(1L, 2L, HIGH_ID), List.of()), state.applier.confState());
    assertTrue(membership().find(1).orElseThrow().isStarted());
  }

  @Test
  void followsEveryKindOfChangeAndTellsIt() {
    List<Membership> told = new ArrayList<>();
    state.applier.addListener(
        new AppliedListener() {
          @Override
          public void batchApplied(long revision) {}

          @Override
          public void membershipApplied(Membership membership) {
            told.add(membership);
          }
        });
    CommandResult.MembershipChange added =
        state.change(
            new Command.MemberAdd(4, List.of("http://four:1"), true),
            new Step(Kind.ADD_LEARNER, 4),
            conf(List.of(1L, 2L, HIGH_ID), List.of(4L)));
    assertEquals(2, added.index());
    assertTrue(added.membership().find(4).orElseThrow().learner());
    assertFalse(added.membership().find(4).orElseThrow().isStarted());
    state.run(new Command.MemberAttributes(4, "four", List.of("http://client:4")));
    state.change(
        new Command.MemberPromote(4),
        new Step(Kind.ADD_VOTER, 4),
        conf(List.of(1L, 2L, 4L, HIGH_ID), List.of()));
    state.change(
        new Command.MemberUpdate(2, List.of("http://b:2", "http://a:2")),
        new Step(Kind.ADD_VOTER, 2),
        conf(List.of(1L, 2L, 4L, HIGH_ID), List.of()));
    state.change(
        new Command.MemberRemove(1),
        new Step(Kind.REMOVE, 1),
        conf(List.of(2L, 4L, HIGH_ID), List.of()));

    assertEquals(5, told.size());
    assertEquals(membership(), told.get(4));
    MemberRecord promoted = membership().find(4).orElseThrow();
    assertEquals("four", promoted.name());
    assertFalse(promoted.learner());
    assertEquals(
        List.of("http://a:2", "http://b:2"), membership().find(2).orElseThrow().peerUrls());
    assertTrue(membership().isRemoved(1));
    assertEquals(Set.of(2L, 4L, HIGH_ID), membership().confState().voters());
    Membership before = membership();
    state.applier.commit();
    state.close();
    state = new StateFixture(directory);
    assertEquals(before, membership());
  }

  @Test
  void ignoresTheNameOfARemovedMember() {
    state.change(
        new Command.MemberRemove(1),
        new Step(Kind.REMOVE, 1),
        conf(List.of(2L, HIGH_ID), List.of()));
    Membership before = membership();
    state.run(new Command.MemberAttributes(1, "late", List.of("http://late:1")));
    assertEquals(before, membership());
  }

  @Test
  void refusesAnIdOrAPeerUrlThatIsInUse() {
    assertEquals(
        EtcdError.MEMBER_ID_EXISTS,
        refusal(new Command.MemberAdd(1, List.of("http://x:1"), false)));
    assertEquals(
        EtcdError.PEER_URLS_EXIST,
        refusal(new Command.MemberAdd(9, List.of("http://x:1", "http://two:1"), false)));
    assertEquals(
        EtcdError.PEER_URLS_EXIST, refusal(new Command.MemberUpdate(1, List.of("http://two:1"))));
    assertDoesNotThrow(
        () -> membership().check(new Command.MemberUpdate(1, List.of("http://one:1")), 1));
  }

  @Test
  void neverTakesARemovedMemberBack() {
    state.change(
        new Command.MemberRemove(1),
        new Step(Kind.REMOVE, 1),
        conf(List.of(2L, HIGH_ID), List.of()));
    assertEquals(
        EtcdError.MEMBER_NOT_FOUND,
        refusal(new Command.MemberAdd(1, List.of("http://one:1"), false)));
    assertEquals(EtcdError.MEMBER_NOT_FOUND, refusal(new Command.MemberRemove(1)));
    assertDoesNotThrow(
        () -> membership().check(new Command.MemberAdd(9, List.of("http://one:1"), false), 1));
  }

  @Test
  void refusesWhatIsNotThere() {
    assertEquals(EtcdError.MEMBER_NOT_FOUND, refusal(new Command.MemberRemove(9)));
    assertEquals(EtcdError.MEMBER_NOT_FOUND, refusal(new Command.MemberPromote(9)));
    assertEquals(
        EtcdError.MEMBER_NOT_FOUND, refusal(new Command.MemberUpdate(9, List.of("http://x:1"))));
  }

  @Test
  void promotesOnlyLearnersAndCountsThem() {
    assertEquals(EtcdError.MEMBER_NOT_LEARNER, refusal(new Command.MemberPromote(1)));
    state.change(
        new Command.MemberAdd(4, List.of("http://four:1"), true),
        new Step(Kind.ADD_LEARNER, 4),
        conf(List.of(1L, 2L, HIGH_ID), List.of(4L)));
    Command.MemberAdd second = new Command.MemberAdd(5, List.of("http://five:1"), true);
    assertEquals(EtcdError.TOO_MANY_LEARNER_MEMBERS_IN_CLUSTER, refusal(second));
    assertDoesNotThrow(() -> membership().check(second, 2));
    assertDoesNotThrow(() -> membership().check(new Command.MemberPromote(4), 1));
    assertDoesNotThrow(
        () -> membership().check(new Command.MemberAdd(6, List.of("http://six:1"), false), 1));
  }

  @Test
  void keepsTheLastVoter() {
    Membership alone = Membership.founding(List.of(founder(1, "one")));
    StoreException refusal =
        assertThrows(StoreException.class, () -> alone.check(new Command.MemberRemove(1), 1));
    assertEquals(EtcdError.NOT_ENOUGH_STARTED_MEMBERS, refusal.error());
  }

  private EtcdError refusal(Command.MembershipChange change) {
    return assertThrows(StoreException.class, () -> membership().check(change, 1)).error();
  }

  private Membership membership() {
    return state.applier.members().membership();
  }

  private static MemberRecord founder(long id, String name) {
    return new MemberRecord(id, name, List.of("http://" + name + ":1"), List.of(), false);
  }

  private static ConfState conf(List<Long> voters, List<Long> learners) {
    return new ConfState(
        new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>(learners), new TreeSet<>(), false);
  }
}
