package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.SpaceCost;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Sees to it that the store stays within its quota and the member's files within their disk: what
 * would exceed them is refused before it is proposed, and the NOSPACE alarm is raised on all
 * members through the log.
 *
 * <p>The quota is a setting of each member, so applying must not ask for it: a command that got
 * into the log is executed, and only the alarm, which is in the log itself, makes members refuse
 * commands. That is why the store may end a little above the quota, by what was under way.
 *
 * <p>The disk is looked at several times a second. Between two looks only a part of the room above
 * the watermark is given away, as log and store may take several times what a client sends.
 *
 * <p>While the alarm stands, refusals are given here, before the log: it too takes space. A member
 * that has not yet heard that the alarm was cleared refuses for a moment longer.
 *
 * <p>Any thread.
 */
final class SpaceKeeper {
  /** How much the files may grow for each byte that is let in, at most. */
  private static final int GROWTH_FACTOR_MAX = 4;

  /** Room beyond which nobody can use the watermark up between two looks. */
  private static final long PLENTY_BYTES = 4L << 30;

  private static final long RAISE_INTERVAL_NANOS = 1_000_000_000;
  private static final System.Logger LOGGER = System.getLogger(SpaceKeeper.class.getName());

  private final Alarm own;
  private final long quotaBytes;
  private final DiskSpace disk;
  private final Applier applier;
  private final Function<Command, CompletionStage<?>> proposals;
  private final AtomicReference<CompletableFuture<Void>> raising = new AtomicReference<>();
  private final AtomicLong allowanceBytes = new AtomicLong(Long.MAX_VALUE);
  private volatile long sizeBefore;
  private long lastRaisedNanos;

  /**
   * @param quotaBytes where puts end; {@link Long#MAX_VALUE} for nowhere
   * @param proposals puts a command into the log
   */
  SpaceKeeper(
      long memberId,
      long quotaBytes,
      DiskSpace disk,
      Applier applier,
      Function<Command, CompletionStage<?>> proposals) {
    this.own = new Alarm(AlarmType.NO_SPACE, memberId);
    this.quotaBytes = quotaBytes;
    this.disk = disk;
    this.applier = applier;
    this.proposals = proposals;
    this.sizeBefore = applier.backend().logicalBytes();
  }

  /**
   * Whether a command may be proposed.
   *
   * @return empty when it may; otherwise it is refused for lack of space once the stage completes,
   *     which is when the alarm has been raised
   */
  Optional<CompletionStage<Void>> refusal(Command command) {
    long cost = SpaceCost.bytes(command);
    if (cost == 0) {
      return Optional.empty();
    }
    if (applier.alarms().isNoSpace()) {
      return Optional.of(CompletableFuture.completedStage(null));
    }
    long size = applier.backend().logicalBytes();
    if (size + cost >= quotaBytes) {
      return Optional.of(raise(quotaUsedUp(size)));
    }
    if (allowanceBytes.get() != Long.MAX_VALUE && allowanceBytes.addAndGet(-cost) < 0) {
      return Optional.of(raise(disk.describe()));
    }
    return Optional.empty();
  }

  /**
   * Looks whether what others proposed, or another process has written, has used up this member's
   * space. To be called about ten times a second, by one thread.
   */
  void tick(long nowNanos) {
    long spare = disk.look();
    allowanceBytes.set(
        spare > PLENTY_BYTES ? Long.MAX_VALUE : Math.max(0, spare) / GROWTH_FACTOR_MAX);
    long size = applier.backend().logicalBytes();
    boolean grown = size > sizeBefore;
    sizeBefore = size;
    boolean overQuota = grown && size >= quotaBytes;
    boolean due = nowNanos - lastRaisedNanos >= RAISE_INTERVAL_NANOS;
    if ((overQuota || spare < 0) && due && !applier.alarms().stands(own)) {
      lastRaisedNanos = nowNanos;
      raise(overQuota ? quotaUsedUp(size) : disk.describe());
    }
  }

  /** What the disk had free at the last look. */
  long diskFreeBytes() {
    return disk.usableBytes();
  }

  private String quotaUsedUp(long size) {
    return "the store's records take " + size + " bytes of a quota of " + quotaBytes;
  }

  private CompletionStage<Void> raise(String why) {
    CompletableFuture<Void> raised = new CompletableFuture<>();
    CompletableFuture<Void> underWay = raising.compareAndExchange(null, raised);
    if (underWay != null) {
      return underWay;
    }
    LOGGER.log(System.Logger.Level.WARNING, "raising the alarm NOSPACE: " + why);
    proposals
        .apply(new Command.SetAlarm(own, true))
        .whenComplete(
            (done, failure) -> {
              raising.set(null);
              // Without the alarm too the command is refused; the next one tries to raise it again.
              raised.complete(null);
            });
    return raised;
  }
}
