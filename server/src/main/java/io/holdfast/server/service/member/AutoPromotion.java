package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Gives votes to members as soon as they have caught up: to added voters always, to learners when
 * the operator wants it so. The leader looks a few times a second while there is somebody to wait
 * for.
 */
final class AutoPromotion implements Runnable {
  private static final System.Logger LOGGER = System.getLogger(AutoPromotion.class.getName());
  private static final long INTERVAL_MILLIS = 200;

  private final MemberContext member;
  private final MembershipChanges memberships;

  private AutoPromotion(MemberContext member, MembershipChanges memberships) {
    this.member = member;
    this.memberships = memberships;
  }

  /** Begins to look. */
  static void start(
      MemberContext member, MembershipChanges memberships, ScheduledExecutorService timer) {
    timer.scheduleWithFixedDelay(
        new AutoPromotion(member, memberships),
        INTERVAL_MILLIS,
        INTERVAL_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void run() {
    RaftStatus status = member.node().status();
    if (status.isLeader() && status.isConfSettled() && !candidates().isEmpty()) {
      member.node().execute(() -> promoteFirstReady(member.node().progress()));
    }
  }

  private Membership membership() {
    return member.applier().members().membership();
  }

  /** Those that may get a vote once they have caught up. */
  private List<Command.MembershipChange> candidates() {
    Membership now = membership();
    List<Command.MembershipChange> candidates = new ArrayList<>();
    for (long id : now.confState().learners()) {
      if (now.isJoining(id)) {
        candidates.add(new Command.MemberJoined(id));
      } else if (member.config().autoPromoteLearners() && isStarted(now, id)) {
        candidates.add(new Command.MemberPromote(id));
      }
    }
    return candidates;
  }

  private static boolean isStarted(Membership membership, long memberId) {
    return membership.find(memberId).map(MemberRecord::isStarted).orElse(false);
  }

  private void promoteFirstReady(List<PeerProgress> progress) {
    ReconfigurationRules rules =
        new ReconfigurationRules(membership(), member.identity().memberId());
    candidates().stream()
        .filter(candidate -> isReady(rules, candidate.memberId(), progress))
        .findFirst()
        .ifPresent(
            ready ->
                memberships
                    .change(ready)
                    .whenComplete((changed, failure) -> report(ready.memberId(), failure)));
  }

  private static boolean isReady(
      ReconfigurationRules rules, long memberId, List<PeerProgress> progress) {
    try {
      rules.checkReady(memberId, progress);
      return true;
    } catch (StoreException notYet) {
      return false;
    }
  }

  private static void report(long memberId, Throwable failure) {
    String who = "member " + Long.toHexString(memberId) + " has caught up ";
    LOGGER.log(
        System.Logger.Level.INFO,
        failure == null
            ? who + "and votes from now on"
            : who + "but has no vote yet: " + failure.getMessage());
  }
}
