package io.holdfast.server.ops;

import io.holdfast.server.service.HealthFacts;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** Up once the log has been replayed; until then the other probes have nothing to say. */
@Startup
@ApplicationScoped
public class StartupCheck implements HealthCheck {
  private final ObservedMember member;

  StartupCheck(ObservedMember member) {
    this.member = member;
  }

  @Override
  public HealthCheckResponse call() {
    boolean recovered = member.health().map(HealthFacts::recoveryDone).orElse(false);
    return HealthCheckResponse.named("recovery done").status(recovered).build();
  }
}
