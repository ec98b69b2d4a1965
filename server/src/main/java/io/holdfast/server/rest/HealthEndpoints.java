package io.holdfast.server.rest;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.ops.HealthTotals;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.MaintenanceService;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * {@code /health}, {@code /livez}, {@code /readyz} and {@code /version}, word for word as etcd's
 * probes and scripts expect them.
 *
 * <p>A check is a read of one key at most: serializable to see whether this member can read at all,
 * linearizable to see whether it is in touch with a quorum.
 */
final class HealthEndpoints {
  /** What the checks ask. */
  record Sources(
      KeyValueService keyValues, MaintenanceService maintenance, Supplier<HealthFacts> facts) {}

  /** A check: completes with the reason of its failure, or with nothing. */
  private interface Check extends Function<Sources, CompletionStage<Optional<String>>> {}

  private static final RangeQuery ONE_KEY =
      RangeQuery.builder(KeyRange.all()).limit(1).keysOnly(true).build();
  private static final String SERIALIZABLE_READ = "serializable_read";
  private static final String STARTING = "the member is starting";

  private final Supplier<Optional<Sources>> sources;
  private final HealthTotals answers;

  HealthEndpoints(Supplier<Optional<Sources>> sources, HealthTotals answers) {
    this.sources = sources;
    this.answers = answers;
  }

  void addTo(Router router) {
    addChecksTo(router);
    get(router, "/version", this::version);
  }

  /** The checks alone. */
  void addChecksTo(Router router) {
    get(router, "/health", this::health);
    Map<String, Check> live = new LinkedHashMap<>();
    live.put(SERIALIZABLE_READ, known -> read(known, true));
    addChecks(router, "/livez", live);
    Map<String, Check> ready = new LinkedHashMap<>();
    ready.put("data_corruption", HealthEndpoints::noCorruption);
    ready.put(SERIALIZABLE_READ, known -> read(known, true));
    ready.put("linearizable_read", known -> read(known, false));
    ready.put("non_learner", HealthEndpoints::isVoter);
    addChecks(router, "/readyz", ready);
  }

  private void addChecks(Router router, String path, Map<String, Check> checks) {
    get(
        router,
        path,
        request -> {
          Map<String, Check> wanted = new LinkedHashMap<>(checks);
          request.params().getAll("exclude").forEach(wanted::remove);
          run(request, wanted);
        });
    checks.forEach(
        (name, check) ->
            get(router, path + "/" + name, request -> run(request, Map.of(name, check))));
  }

  private static void get(
      Router router, String path, java.util.function.Consumer<HttpServerRequest> handler) {
    router
        .route(path)
        .handler(
            context -> {
              if (context.request().method() == HttpMethod.GET) {
                handler.accept(context.request());
              } else {
                PlainText.methodNotAllowed(context.request(), "GET");
              }
            });
  }

  private void run(HttpServerRequest request, Map<String, Check> checks) {
    Context context = Vertx.currentContext();
    Optional<Sources> known = sources.get();
    List<CompletableFuture<Optional<String>>> outcomes = new ArrayList<>();
    for (Check check : checks.values()) {
      outcomes.add(
          known
              .map(check)
              .orElseGet(() -> CompletableFuture.completedStage(Optional.of(STARTING)))
              .toCompletableFuture());
    }
    CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> context.runOnContext(turn -> report(request, checks, outcomes)));
  }

  private static void report(
      HttpServerRequest request,
      Map<String, Check> checks,
      List<CompletableFuture<Optional<String>>> outcomes) {
    StringBuilder lines = new StringBuilder();
    boolean healthy = true;
    int i = 0;
    for (String name : checks.keySet()) {
      Optional<String> failure = outcomes.get(i++).join();
      healthy &= failure.isEmpty();
      lines.append(
          failure
              .map(reason -> "[-]" + name + " failed: " + reason + "\n")
              .orElse("[+]" + name + " ok\n"));
    }
    if (!healthy) {
      PlainText.send(request, 503, lines + "\n");
    } else {
      PlainText.send(request, 200, (request.params().contains("verbose") ? lines : "") + "ok\n");
    }
  }

  private void health(HttpServerRequest request) {
    Context context = Vertx.currentContext();
    boolean serializable = "true".equals(request.getParam("serializable"));
    List<String> excluded = request.params().getAll("exclude");
    Optional<Sources> known = sources.get();
    CompletionStage<Optional<String>> outcome =
        known.isEmpty()
            ? CompletableFuture.completedStage(Optional.of(STARTING))
            : health(known.get(), excluded, serializable);
    outcome.whenComplete(
        (reason, failure) ->
            context.runOnContext(
                turn -> reportHealth(request, failure == null ? reason : reason(failure))));
  }

  private static CompletionStage<Optional<String>> health(
      Sources known, List<String> excluded, boolean serializable) {
    for (Alarm alarm : known.maintenance().knownAlarms()) {
      if (!excluded.contains(alarm.type().wireName())) {
        return CompletableFuture.completedStage(Optional.of("ALARM " + alarm.type().wireName()));
      }
    }
    if (!serializable && !known.facts().get().hasLeader()) {
      return CompletableFuture.completedStage(Optional.of("RAFT NO LEADER"));
    }
    return read(known, serializable).thenApply(reason -> reason.map(text -> "RANGE ERROR:" + text));
  }

  private void reportHealth(HttpServerRequest request, Optional<String> reason) {
    answers.count(reason.isEmpty());
    String body =
        new JsonObject()
            .put("health", reason.isEmpty() ? "true" : "false")
            .put("reason", reason.orElse(""))
            .encode();
    PlainText.send(request, reason.isEmpty() ? 200 : 503, reason.isEmpty() ? body : body + "\n");
  }

  private void version(HttpServerRequest request) {
    Optional<Sources> known = sources.get();
    if (known.isEmpty()) {
      PlainText.send(request, 503, STARTING + "\n");
      return;
    }
    var status = known.get().maintenance().status().body();
    request
        .response()
        .putHeader("Content-Type", "application/json")
        .end(
            new JsonObject()
                .put("etcdserver", status.version())
                .put("etcdcluster", status.storageVersion())
                .put("storage", status.storageVersion())
                .encode());
  }

  private static CompletionStage<Optional<String>> noCorruption(Sources known) {
    boolean corrupt =
        known.maintenance().knownAlarms().stream()
            .anyMatch(alarm -> alarm.type() == AlarmType.CORRUPT);
    return CompletableFuture.completedStage(
        corrupt ? Optional.of("alarm activated: CORRUPT") : Optional.empty());
  }

  private static CompletionStage<Optional<String>> isVoter(Sources known) {
    Optional<String> reason = Optional.empty();
    if (known.maintenance().status().body().learner()) {
      reason = Optional.of("not supported for learner");
    } else if (known.facts().get().joining()) {
      reason = Optional.of("added as a voter, and has no vote before it has caught up");
    }
    return CompletableFuture.completedStage(reason);
  }

  private static CompletionStage<Optional<String>> read(Sources known, boolean serializable) {
    try {
      return known
          .keyValues()
          .range(ONE_KEY, serializable)
          .handle((found, failure) -> failure == null ? Optional.empty() : readFailure(failure));
    } catch (RuntimeException e) {
      return CompletableFuture.completedStage(reason(e));
    }
  }

  /**
   * A read that the CORRUPT alarm forbids has reached the member and been answered: a check of its
   * own tells of the alarm, and a restart by a liveness probe would mend nothing.
   */
  private static Optional<String> readFailure(Throwable failure) {
    return cause(failure) instanceof StoreException refusal
            && refusal.error() == EtcdError.CORRUPT_CLUSTER
        ? Optional.empty()
        : reason(failure);
  }

  /** What probes are told; the details of the unforeseen stay in the log. */
  private static Optional<String> reason(Throwable failure) {
    Throwable cause = cause(failure);
    boolean known = cause instanceof StoreException || cause instanceof IndeterminateException;
    return Optional.of(known ? cause.getMessage() : cause.getClass().getSimpleName());
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
