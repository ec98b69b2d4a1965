package io.holdfast.server.ops;

import io.holdfast.server.service.HealthFacts;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Up when requests sent here can be served and the member counts: a leader is known, its entries
 * are applied, and a member that was added as a voter has its vote, so that whoever waits for this
 * check may take the next member away.
 */
@Readiness
@ApplicationScoped
public class ReadinessCheck implements HealthCheck {
  private final ObservedMember member;

  ReadinessCheck(ObservedMember member) {
    this.member = member;
  }

  @Override
  public HealthCheckResponse call() {
    Optional<HealthFacts> facts = member.health();
    boolean ready = facts.map(ReadinessCheck::isReady).orElse(false);
    return HealthCheckResponse.named("serves requests")
        .status(ready)
        .withData("recovery_done", facts.map(HealthFacts::recoveryDone).orElse(false))
        .withData("has_leader", facts.map(HealthFacts::hasLeader).orElse(false))
        .withData("caught_up", facts.map(HealthFacts::caughtUp).orElse(false))
        .withData("joining", facts.map(HealthFacts::joining).orElse(false))
        .build();
  }

  private static boolean isReady(HealthFacts now) {
    return now.recoveryDone()
        && now.hasLeader()
        && now.caughtUp()
        && !now.joining()
        && !now.failed();
  }
}
