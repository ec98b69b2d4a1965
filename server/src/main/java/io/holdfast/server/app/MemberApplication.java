package io.holdfast.server.app;

import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.ops.MemberMetrics;
import io.holdfast.server.ops.ObservedMember;
import io.holdfast.server.service.member.Member;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Runs inside the framework once it is up: waits for the member, opens its client listeners, says
 * when it is ready, and waits for the end, which {@link GracefulEnd} brings about.
 */
public class MemberApplication implements QuarkusApplication {
  private static final Logger LOG = System.getLogger(MemberApplication.class.getName());

  private final ObservedMember observed;
  private final MemberMetrics metrics;
  private final RestRoutes rest;
  private final MetricsPort metricsPort;

  @Inject
  MemberApplication(
      ObservedMember observed, MemberMetrics metrics, RestRoutes rest, MetricsPort metricsPort) {
    this.observed = observed;
    this.metrics = metrics;
    this.rest = rest;
    this.metricsPort = metricsPort;
  }

  @Override
  public int run(String... arguments) {
    ServerOptions options = ServerProcess.options();
    metrics.timings(ServerProcess.timings());
    metrics.versions(Versions.product(), options.reportedEtcdVersion());
    Member member = null;
    ClientPort clients;
    try {
      metricsPort.open(options, ServerProcess.tls());
      member = ServerProcess.member().await();
      clients = ClientPort.open(options, ServerProcess.tls(), member, rest, metrics.calls());
    } catch (StartupException refused) {
      if (member != null) {
        member.close();
      }
      System.err.println("holdfast: " + refused.getMessage());
      return refused instanceof MemberRemovedException
          ? FailureLine.EXIT_REMOVED
          : FailureLine.EXIT_FAILURE;
    }
    observed.observe(member::health, member::counters, member::backups);
    GracefulEnd end = GracefulEnd.onSignal(clients, member);
    member.removed().thenAccept(end::afterRemoval);
    member
        .joined()
        .thenRun(
            () -> LOG.log(Level.INFO, "ready to serve client requests on " + clients.addresses()));
    Quarkus.waitForExit();
    return 0;
  }
}
