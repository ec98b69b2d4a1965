package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.raft.RaftStatus;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a member does about damage to its own data, found while it runs: by a read, by the scrubber,
 * or by a comparison with the others.
 *
 * <p>It serves nothing any more, and raises the CORRUPT alarm for itself through the log. Once the
 * alarm stands and there are enough others, it condemns its store and ends its process: the next
 * start sets the store aside and takes the state back from the others (see {@link StorageOpening}),
 * and the alarm is cleared when that is done. A member that cannot be given its data back stays up
 * and refuses, so that somebody can look at it.
 *
 * <p>Thread-safe; {@link #tick} belongs to one timer.
 */
final class Corruption {
  private static final System.Logger LOGGER = System.getLogger(Corruption.class.getName());
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int VOTERS_TO_REPAIR_ONE = 3;

  private final Alarm own;
  private final Supplier<AlarmBook> alarms;
  private final Supplier<RaftStatus> status;
  private final Consumer<Command> proposals;
  private final Condemnation store;
  private final Consumer<Throwable> fatal;
  private final AtomicLong found = new AtomicLong();
  private volatile String damage;
  private volatile boolean repairedHere;
  private long nextTryNanos;
  private boolean tried;

  /** Leaves a durable note for the next start that the store is not to be used. */
  interface Condemnation {
    void condemn(String why) throws IOException;
  }

  /**
   * @param proposals takes commands whose outcome nobody waits for
   * @param store condemns this member's store
   * @param fatal ends the member
   */
  Corruption(
      long memberId,
      Supplier<AlarmBook> alarms,
      Supplier<RaftStatus> status,
      Consumer<Command> proposals,
      Condemnation store,
      Consumer<Throwable> fatal) {
    this.own = new Alarm(AlarmType.CORRUPT, memberId);
    this.alarms = alarms;
    this.status = status;
    this.proposals = proposals;
    this.store = store;
    this.fatal = fatal;
  }

  /** Something that was read is not what was written. */
  void found(String what) {
    found.incrementAndGet();
    if (damage == null) {
      damage = what;
      LOGGER.log(
          System.Logger.Level.ERROR, "this member's data is damaged and no longer served: " + what);
    }
  }

  /** How often damage was found since the start. */
  long foundTotal() {
    return found.get();
  }

  /**
   * @throws io.holdfast.server.error.StoreException when this member must not serve keys
   */
  void check() {
    AlarmBook book = alarms.get();
    if (damage != null || book.isCorrupt() || book.stands(own)) {
      throw EtcdError.CORRUPT_CLUSTER.asException();
    }
  }

  /** The others have given back what this member had lost: an alarm from before is void. */
  void repaired() {
    repairedHere = true;
  }

  /** Does what is due. */
  void tick(long nowNanos) {
    boolean stands = alarms.get().stands(own);
    boolean idle = damage == null && !stands;
    if (idle || tried && nowNanos - nextTryNanos < 0) {
      return;
    }
    tried = true;
    nextTryNanos = nowNanos + RETRY_NANOS;
    if (stands && damage == null && repairedHere) {
      proposals.accept(new Command.SetAlarm(own, false));
    } else if (!stands) {
      proposals.accept(new Command.SetAlarm(own, true));
    } else if (canBeRepaired()) {
      end();
    }
  }

  private boolean canBeRepaired() {
    RaftStatus now = status.get();
    return now.hasLeader()
        && now.confState().voters().size() >= VOTERS_TO_REPAIR_ONE
        && !now.repairing();
  }

  private void end() {
    String why = damage == null ? "the CORRUPT alarm names this member" : damage;
    try {
      store.condemn(why);
    } catch (IOException e) {
      fatal.accept(new StorageFailure("condemning the store failed", e));
      return;
    }
    fatal.accept(
        new StorageFailure(
            why
                + ": this member ends itself; when it is started again, it sets its store aside"
                + " and takes the state from the other members",
            null));
  }
}
