package io.holdfast.server.service;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import java.util.concurrent.CompletionStage;

/**
 * The use cases of the key space. Any thread may call; nothing blocks.
 *
 * <p>A stage completes exceptionally with {@link io.holdfast.server.error.StoreException} when the
 * request was refused and nothing of it happened, or with {@link
 * io.holdfast.server.error.IndeterminateException} when its outcome is unknown. Writes complete
 * after their entry is durable on a quorum and applied here, on the loop thread: what follows must
 * be short and must not block.
 */
public interface KeyValueService {
  /**
   * The same on somebody's behalf. What this service does without it, it does for {@link
   * Caller#ANONYMOUS}, which is nothing while authentication is on.
   */
  KeyValueService as(Caller caller);

  /**
   * Reads keys.
   *
   * @param serializable whether this member's own, possibly stale state will do; it is then read at
   *     once on the caller's thread. Otherwise the answer is linearizable
   */
  CompletionStage<Response<RangeResult>> range(RangeQuery query, boolean serializable);

  CompletionStage<Response<CommandResult.Put>> put(Command.Put put);

  CompletionStage<Response<CommandResult.DeleteRange>> deleteRange(Command.DeleteRange delete);

  /** Runs a transaction; one that cannot write is answered as a read. */
  CompletionStage<Response<CommandResult.Txn>> txn(Command.Txn txn);

  /**
   * Gives up history.
   *
   * @param revision what lies below it and is superseded can no longer be read. COMPACTED,
   *     FUTURE_REVISION
   * @param physical whether to wait until the superseded records are removed from the store
   */
  CompletionStage<Response<Void>> compact(long revision, boolean physical);
}
