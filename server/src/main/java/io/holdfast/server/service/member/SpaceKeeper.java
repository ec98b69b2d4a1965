package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.SpaceCost;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Sees to it that the store stays within its quota: what would exceed it is refused before it is
 * proposed, and the NOSPACE alarm is raised on all members through the log.
 *
 * <p>The quota is a setting of each member, so applying must not ask for it: a command that got
 * into the log is executed, and only the alarm, which is in the log itself, makes members refuse
 * commands. That is why the store may end a little above the quota, by what was under way.
 *
 * <p>While the alarm stands, refusals are given here, before the log: it too takes space. A member
 * that has not yet heard that the alarm was cleared refuses for a moment longer.
 *
 * <p>Any thread.
 */
final class SpaceKeeper {
  private static final System.Logger LOGGER = System.getLogger(SpaceKeeper.class.getName());

  private final Alarm own;
  private final long quotaBytes;
  private final Applier applier;
  private final Function<Command, CompletionStage<?>> proposals;
  private final AtomicReference<CompletableFuture<Void>> raising = new AtomicReference<>();
  private volatile long sizeBefore;

  /**
   * @param quotaBytes where puts end; {@link Long#MAX_VALUE} for nowhere
   * @param proposals puts a command into the log
   */
  SpaceKeeper(
      long memberId,
      long quotaBytes,
      Applier applier,
      Function<Command, CompletionStage<?>> proposals) {
    this.own = new Alarm(AlarmType.NO_SPACE, memberId);
    this.quotaBytes = quotaBytes;
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
    if (size + cost < quotaBytes) {
      return Optional.empty();
    }
    return Optional.of(raise("the store holds " + size + " bytes of a quota of " + quotaBytes));
  }

  /** Looks whether what others proposed has used up this member's space; now and then. */
  void tick() {
    long size = applier.backend().logicalBytes();
    boolean grown = size > sizeBefore;
    sizeBefore = size;
    if (grown && size >= quotaBytes && !applier.alarms().stands(own)) {
      raise("the store holds " + size + " bytes of a quota of " + quotaBytes);
    }
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
