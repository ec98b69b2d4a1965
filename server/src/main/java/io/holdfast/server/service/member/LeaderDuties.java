package io.holdfast.server.service.member;

import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Command;
import io.holdfast.server.lease.LeaseWork;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.node.Clock;
import io.holdfast.server.node.NodeObserver;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.RaftStatus;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * What a member does besides answering requests, driven by the loop: the leader keeps the leases'
 * time and proposes the end of those that ran out; every member removes compacted history step by
 * step, between batches of other work, writes its key index down in the same manner, and keeps its
 * store's file in order.
 */
final class LeaderDuties implements NodeObserver {
  /** Steps of removal between two commits, so that what is not yet written stays small. */
  private static final int REMOVALS_PER_COMMIT = 16;

  private final Applier applier;
  private final Lessor lessor;
  private final Clock clock;
  private final long electionTimeoutNanos;
  private final BiConsumer<Command, BooleanSupplier> proposals;
  private final LongConsumer leaderChanges;
  private final Consumer<Entry> membershipChanges;
  private Consumer<Runnable> later;
  private StoreTidier tidier;
  private Runnable makeDurable;
  private BooleanSupplier diskIsShort;
  private boolean removing;
  private boolean checkpointing;
  private boolean checkpointWaited;
  private int removals;

  /** Grows whenever this member begins or ceases to lead. */
  private volatile long reign;

  /**
   * @param proposals takes commands whose outcome nobody waits for, and what tells whether they are
   *     still wanted
   * @param leaderChanges told when another leader becomes known, with the monotonic time
   * @param membershipChanges told of entries that change the membership, before they are written
   */
  LeaderDuties(
      Applier applier,
      Lessor lessor,
      Clock clock,
      int electionTimeoutMillis,
      BiConsumer<Command, BooleanSupplier> proposals,
      LongConsumer leaderChanges,
      Consumer<Entry> membershipChanges) {
    this.applier = applier;
    this.lessor = lessor;
    this.clock = clock;
    this.electionTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(electionTimeoutMillis);
    this.proposals = proposals;
    this.leaderChanges = leaderChanges;
    this.membershipChanges = membershipChanges;
  }

  /**
   * Names what the node whose loop this runs on is needed for; before it starts.
   *
   * @param laterOnLoop runs a short task on the loop, behind what has come in meanwhile
   * @param recoveryPoint makes the store durable soon
   * @param shortOfRoom whether the disk is short of room
   */
  void attach(Consumer<Runnable> laterOnLoop, Runnable recoveryPoint, BooleanSupplier shortOfRoom) {
    later = laterOnLoop;
    makeDurable = recoveryPoint;
    diskIsShort = shortOfRoom;
    tidier = new StoreTidier(applier, shortOfRoom, recoveryPoint, clock.nanoTime());
  }

  @Override
  public void statusChanged(RaftStatus before, RaftStatus after) {
    if (after.hasLeader() && after.leaderId() != before.leaderId()) {
      leaderChanges.accept(clock.nanoTime());
    }
    if (after.isLeader() && !lessor.isPrimary()) {
      reign++;
      lessor.promote(clock.nanoTime(), electionTimeoutNanos);
    } else if (!after.isLeader() && lessor.isPrimary()) {
      reign++;
      lessor.demote();
    }
  }

  @Override
  public void membershipChangeLogged(Entry entry) {
    membershipChanges.accept(entry);
  }

  @Override
  public void ticked(long nanoTime) {
    LeaseWork work = lessor.due(nanoTime);
    if (!work.isEmpty()) {
      propose(work);
    }
    if (!removing) {
      remove();
    }
    if (!checkpointing) {
      checkpoint();
    }
    tidier.ticked(nanoTime);
  }

  /**
   * What one leader has found due the next one has to find by itself, who gives every lease its
   * time again: a leader that was deposed in its sleep must not hand its findings on.
   */
  private void propose(LeaseWork work) {
    long mine = reign;
    BooleanSupplier wanted = () -> reign == mine;
    for (Long leaseId : work.expired()) {
      proposals.accept(new Command.LeaseRevoke(leaseId), wanted);
    }
    if (!work.checkpoints().isEmpty()) {
      proposals.accept(new Command.LeaseCheckpoints(work.checkpoints()), wanted);
    }
  }

  /** One step of removal; the next one waits in the mailbox behind what has come in meanwhile. */
  private void remove() {
    removing = applier.maintain();
    if (removing) {
      removals++;
      later.accept(this::remove);
    }
    if (removals > 0 && (!removing || removals >= REMOVALS_PER_COMMIT)) {
      applier.commit();
      removals = 0;
    }
  }

  /** One step of writing the key index down; what can be done without takes no room from others. */
  private void checkpoint() {
    if (diskIsShort.getAsBoolean()) {
      applier.giveUpCheckpoint();
      checkpointing = false;
      return;
    }
    checkpointing = applier.checkpointStep();
    if (checkpointing) {
      later.accept(this::checkpoint);
    }
    boolean waits = applier.checkpointWaits();
    if (waits && !checkpointWaited) {
      makeDurable.run();
    }
    checkpointWaited = waits;
  }
}
