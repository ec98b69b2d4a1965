package io.holdfast.server.service.recipe;

import io.holdfast.server.apply.Command;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.service.HeldLock;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Locks: whoever is first in the {@link Line} of a lock's name holds it. */
public final class Locks implements LockService {
  private static final int WAITING_MAX = 10_000;
  private static final byte[] NOTHING = {};

  private final RecipeTools tools;
  private final Admission admission;

  public Locks(RecipeTools tools) {
    this(tools, new Admission(WAITING_MAX));
  }

  private Locks(RecipeTools tools, Admission admission) {
    this.tools = tools;
    this.admission = admission;
  }

  @Override
  public LockService as(Supplier<Caller> caller) {
    return new Locks(tools.as(caller), admission);
  }

  @Override
  public Waiting<HeldLock> lock(byte[] name, long leaseId) {
    Candidature<HeldLock> candidature =
        new Candidature<>(
            tools,
            admission,
            new Line(name),
            new Candidature.Terms<>(
                NOTHING,
                false,
                false,
                EtcdError.LOCK_SESSION_EXPIRED,
                place -> new HeldLock(place.key(), place.createRevision())));
    candidature.begin(leaseId);
    return candidature;
  }

  @Override
  public CompletionStage<Response<Void>> unlock(byte[] key) {
    return tools
        .keyValues()
        .deleteRange(new Command.DeleteRange(KeyRange.single(key), false))
        .thenApply(response -> new Response<>(response.header(), null));
  }

  /** How many requests have not been answered yet. */
  int waiting() {
    return admission.count();
  }
}
