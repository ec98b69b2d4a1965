package io.holdfast.server.ops;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;

/**
 * {@code /metrics} and {@code /q/health/*}, on the client port and at {@code
 * --listen-metrics-urls}. None of it waits, so it runs on the event loop.
 */
@Singleton
public class ProbePages {
  private static final int STATUS_UNAVAILABLE = 503;

  private final SmallRyeHealthReporter reporter;
  private final PrometheusMeterRegistry registry;

  ProbePages(SmallRyeHealthReporter reporter, PrometheusMeterRegistry registry) {
    this.reporter = reporter;
    this.registry = registry;
  }

  void onClientPort(@Observes Router router) {
    addTo(router);
  }

  public void addTo(Router router) {
    router.get("/metrics").handler(this::metrics);
    router.get("/q/health").handler(call -> health(call, reporter.getHealthAsync()));
    router.get("/q/health/live").handler(call -> health(call, reporter.getLivenessAsync()));
    router.get("/q/health/ready").handler(call -> health(call, reporter.getReadinessAsync()));
    router.get("/q/health/started").handler(call -> health(call, reporter.getStartupAsync()));
  }

  private void metrics(RoutingContext call) {
    call.response()
        .putHeader("Content-Type", TextFormat.CONTENT_TYPE_004)
        .end(registry.scrape(TextFormat.CONTENT_TYPE_004));
  }

  private void health(RoutingContext call, Uni<SmallRyeHealth> question) {
    question.subscribe().with(answer -> answer(call, answer), call::fail);
  }

  private void answer(RoutingContext call, SmallRyeHealth health) {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    reporter.reportHealth(page, health);
    HttpServerResponse response = call.response();
    if (health.isDown()) {
      response.setStatusCode(STATUS_UNAVAILABLE);
    }
    response
        .putHeader("Content-Type", "application/json; charset=UTF-8")
        .end(Buffer.buffer(page.toByteArray()));
  }
}
