package io.holdfast.server.service.recipe;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.LeaderKey;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Elections: whoever is first in the {@link Line} of an election's name leads. */
public final class Elections implements ElectionService {
  private static final int WAITING_MAX = 10_000;
  private static final int OBSERVERS_MAX = 10_000;

  private final RecipeTools tools;
  private final Admission candidates;
  private final Admission observers;

  public Elections(RecipeTools tools) {
    this(tools, new Admission(WAITING_MAX), new Admission(OBSERVERS_MAX));
  }

  private Elections(RecipeTools tools, Admission candidates, Admission observers) {
    this.tools = tools;
    this.candidates = candidates;
    this.observers = observers;
  }

  @Override
  public ElectionService as(Supplier<Caller> caller) {
    return new Elections(tools.as(caller), candidates, observers);
  }

  @Override
  public Waiting<LeaderKey> campaign(byte[] name, long leaseId, byte[] value) {
    Candidature<LeaderKey> candidature =
        new Candidature<>(
            tools,
            candidates,
            new Line(name),
            new Candidature.Terms<>(
                value,
                true,
                true,
                EtcdError.ELECTION_SESSION_EXPIRED,
                place ->
                    new LeaderKey(name, place.key(), place.createRevision(), place.leaseId())));
    candidature.begin(leaseId);
    return candidature;
  }

  @Override
  public CompletionStage<Response<Void>> proclaim(LeaderKey leader, byte[] value) {
    return tools
        .keyValues()
        .txn(Line.announce(place(leader), value))
        .thenApply(
            response -> {
              if (!response.body().succeeded()) {
                throw EtcdError.ELECTION_NOT_LEADER.asException();
              }
              return new Response<>(response.header(), null);
            });
  }

  @Override
  public CompletionStage<Response<Void>> resign(LeaderKey leader) {
    return tools
        .keyValues()
        .txn(Line.leave(place(leader)))
        .thenApply(response -> new Response<>(response.header(), null));
  }

  @Override
  public CompletionStage<Response<KeyValue>> leader(byte[] name) {
    return tools
        .keyValues()
        .range(new Line(name).first(), false)
        .thenCompose(
            response ->
                response.body().keyValues().stream()
                    .findFirst()
                    .map(
                        pair ->
                            CompletableFuture.completedStage(
                                new Response<>(response.header(), pair)))
                    .orElseGet(
                        () ->
                            CompletableFuture.failedStage(
                                EtcdError.ELECTION_NO_LEADER.asException())));
  }

  @Override
  public Observation observe(byte[] name, Observer observer) {
    LeaderObservation observation =
        new LeaderObservation(tools, observers, new Line(name), observer);
    observation.begin();
    return observation;
  }

  /** How many candidates have not been answered yet. */
  int waiting() {
    return candidates.count();
  }

  /** How many observe. */
  int observing() {
    return observers.count();
  }

  private static Place place(LeaderKey leader) {
    return new Place(leader.key(), leader.createRevision(), leader.leaseId());
  }
}
