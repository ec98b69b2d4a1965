package io.holdfast.server.service.member;

import io.holdfast.server.apply.ApplyObserver;
import io.holdfast.server.apply.Command;
import io.holdfast.server.service.MemberTimings;
import java.util.HashMap;
import java.util.Map;

/** Tells the applier's times, with commands by etcd's names. */
final class MeasuredWork implements ApplyObserver {
  /** Where etcd's name is not the command's own. */
  private static final Map<Class<? extends Command>, String> OTHER_NAMES =
      Map.of(
          Command.LeaseCheckpoints.class, "LeaseCheckpoint",
          Command.Compact.class, "Compaction",
          Command.SetAlarm.class, "Alarm",
          Command.SetDowngrade.class, "DowngradeInfoSet",
          Command.MemberAttributes.class, "ClusterMemberAttrSet",
          Command.UserAdd.class, "AuthUserAdd",
          Command.UserDelete.class, "AuthUserDelete",
          Command.UserChangePassword.class, "AuthUserChangePassword",
          Command.UserGrantRole.class, "AuthUserGrantRole",
          Command.UserRevokeRole.class, "AuthUserRevokeRole");

  private final MemberTimings timings;
  private final Map<Class<? extends Command>, String> names = new HashMap<>();

  MeasuredWork(MemberTimings timings) {
    this.timings = timings;
  }

  @Override
  public void executed(Command command, boolean refused, long nanos) {
    timings.executed(
        names.computeIfAbsent(command.getClass(), MeasuredWork::nameOf), !refused, nanos);
  }

  private static String nameOf(Class<? extends Command> type) {
    String own = type.getSimpleName();
    return OTHER_NAMES.getOrDefault(type, own.startsWith("Role") ? "Auth" + own : own);
  }

  @Override
  public void removalStep(long nanos) {
    timings.removalStep(nanos);
  }

  @Override
  public void removalEnded(long nanos) {
    timings.removal(nanos);
  }
}
