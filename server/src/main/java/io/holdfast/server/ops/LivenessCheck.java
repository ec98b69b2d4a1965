package io.holdfast.server.ops;

import io.holdfast.server.service.HealthFacts;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Down when only a restart can help: the loop hangs, or the member has stopped itself. A slow disk
 * or a lost quorum is neither, and while the member recovers it is left in peace.
 */
@Liveness
@ApplicationScoped
public class LivenessCheck implements HealthCheck {
  /** Longer than any stall of a disk that recovers by itself. */
  static final long LOOP_IDLE_MILLIS_MAX = 30_000;

  private final ObservedMember member;

  LivenessCheck(ObservedMember member) {
    this.member = member;
  }

  @Override
  public HealthCheckResponse call() {
    Optional<HealthFacts> facts = member.health();
    boolean alive =
        facts
            .map(now -> !now.failed() && now.loopIdleMillis() <= LOOP_IDLE_MILLIS_MAX)
            .orElse(true);
    var response = HealthCheckResponse.named("loop turns").status(alive);
    facts.ifPresent(
        now ->
            response
                .withData("loop_idle_millis", now.loopIdleMillis())
                .withData("failed", now.failed()));
    return response.build();
  }
}
