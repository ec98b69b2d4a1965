package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.PendingRequests;
import io.holdfast.server.apply.StoreReplacement;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.BackendReplacement;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.lease.LessorOptions;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Role;
import io.holdfast.server.raft.membership.ConfState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader proposes by itself, and for how long that is wanted. */
class LeaderDutiesTest {
  private static final int SELF = 1;
  private static final int OTHER = 2;
  private static final long LEASE = 7;

  @TempDir Path directory;
  private final List<Proposed> proposed = new ArrayList<>();
  private Backend backend;
  private Lessor lessor;
  private LeaderDuties duties;
  private RaftStatus status = status(Role.FOLLOWER, OTHER, 1);
  private long now = 1_000_000;

  private record Proposed(Command command, BooleanSupplier wanted) {}

  @BeforeEach
  void open() {
    BackendOptions options = BackendOptions.defaults();
    Path file = directory.resolve("store");
    BackendReplacement files = new BackendReplacement(new RealDisk(), file, options);
    backend = Backend.open(file, options);
    lessor =
        new Lessor(backend.bucket(Applier.LEASE_BUCKET), LessorOptions.forElectionTimeout(1000));
    Applier applier =
        new Applier(
            backend,
            MvccStore.open(backend, MvccOptions.defaults()),
            lessor,
            new TokenBook(300),
            new CommandCodec(),
            new PendingRequests(new CommandCodec(), SELF, 1_700_000_000_000L, 10),
            () -> now,
            new StoreReplacement(files, MvccOptions.defaults(), exchanged -> {}));
    duties =
        new LeaderDuties(
            applier,
            lessor,
            () -> now,
            1000,
            (command, wanted) -> proposed.add(new Proposed(command, wanted)),
            nanos -> {},
            entry -> {});
    duties.attach(Runnable::run, () -> {}, () -> false);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void aLeaderProposesTheEndOfALeaseThatRanOut() {
    lead(2);
    lessor.grant(LEASE, 30, now);
    passSeconds(31);
    assertEquals(List.of(new Command.LeaseRevoke(LEASE)), commands());
    assertTrue(proposed.get(0).wanted().getAsBoolean());
  }

  @Test
  void aFollowerProposesNothing() {
    lessor.grant(LEASE, 30, now);
    passSeconds(100);
    assertEquals(List.of(), commands());
  }

  @Test
  void whatADeposedLeaderFoundDueIsNotWantedAnyMore() {
    lead(2);
    lessor.grant(LEASE, 30, now);
    passSeconds(31);
    become(status(Role.FOLLOWER, OTHER, 3));
    assertFalse(proposed.get(0).wanted().getAsBoolean());
  }

  @Test
  void notEvenWhenItLeadsAgainAsItHasGivenTheLeaseItsTimeAgain() {
    lead(2);
    lessor.grant(LEASE, 30, now);
    passSeconds(31);
    become(status(Role.FOLLOWER, OTHER, 3));
    lead(4);
    assertFalse(proposed.get(0).wanted().getAsBoolean());
    passSeconds(5);
    assertEquals(1, proposed.size(), "the lease has all its time again");
  }

  @Test
  void checkpointsOfADeposedLeaderAreNotWantedEither() {
    lead(2);
    lessor.grant(LEASE, 10_000, now);
    passSeconds(1_000);
    assertTrue(commands().get(0) instanceof Command.LeaseCheckpoints, "" + commands());
    assertTrue(proposed.get(0).wanted().getAsBoolean());
    become(status(Role.FOLLOWER, OTHER, 3));
    assertFalse(proposed.get(0).wanted().getAsBoolean());
  }

  private List<Command> commands() {
    return proposed.stream().map(Proposed::command).toList();
  }

  private void lead(long term) {
    become(status(Role.LEADER, SELF, term));
  }

  private void become(RaftStatus next) {
    duties.statusChanged(status, next);
    status = next;
  }

  private void passSeconds(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
    duties.ticked(now);
  }

  private static RaftStatus status(Role role, long leaderId, long term) {
    return new RaftStatus(SELF, role, leaderId, term, 0, 0, 0, 1, 0, 0, ConfState.NONE, 0, false);
  }
}
