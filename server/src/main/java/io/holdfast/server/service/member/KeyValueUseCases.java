package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.apply.RequestRules;
import io.holdfast.server.apply.TxnReader;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The key space: writes through the log, reads beside it. */
final class KeyValueUseCases implements KeyValueService {
  /** Keys that a read may find and still be answered on the thread that asks. */
  private static final long SMALL_RANGE_KEYS = 100;

  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Corruption corruption;

  KeyValueUseCases(
      MemberContext member, CommandPath commands, ReadPath reads, Corruption corruption) {
    this.corruption = corruption;
    this.member = member;
    this.commands = commands;
    this.reads = reads;
  }

  @Override
  public CompletionStage<Response<RangeResult>> range(RangeQuery query, boolean serializable) {
    try {
      RequestRules.checkRange(query);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return reads.read(
        !serializable,
        isLarge(query),
        (store, meter) -> {
          checkIntact();
          RangeResult result = store.range(query, meter);
          return new Response<>(member.header(result.currentRevision()), result);
        });
  }

  @Override
  public CompletionStage<Response<CommandResult.Put>> put(Command.Put put) {
    try {
      RequestRules.checkPut(put);
      checkIntact();
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(put, CommandResult.Put.class::cast);
  }

  @Override
  public CompletionStage<Response<CommandResult.DeleteRange>> deleteRange(
      Command.DeleteRange delete) {
    try {
      RequestRules.checkDeleteRange(delete);
      checkIntact();
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(delete, CommandResult.DeleteRange.class::cast);
  }

  @Override
  public CompletionStage<Response<CommandResult.Txn>> txn(Command.Txn txn) {
    try {
      RequestRules.checkTxn(txn, member.config().maxTxnOps());
      checkIntact();
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    if (!txn.isReadOnly()) {
      return commands.execute(txn, CommandResult.Txn.class::cast);
    }
    return reads.read(
        !txn.isSerializable(),
        isLarge(txn),
        (store, meter) -> {
          checkIntact();
          CommandResult.Txn result = TxnReader.read(store, txn, meter);
          return new Response<>(member.header(result.revision()), result);
        });
  }

  @Override
  public CompletionStage<Response<Void>> compact(long revision, boolean physical) {
    try {
      checkIntact();
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(new Command.Compact(revision, physical), done -> null);
  }

  /** What is known to be damaged is not served. */
  private void checkIntact() {
    corruption.check();
  }

  private static boolean isLarge(RangeQuery query) {
    return !query.range().isSingle()
        && !query.countOnly()
        && (query.limit() <= 0 || query.limit() > SMALL_RANGE_KEYS);
  }

  private static boolean isLarge(Command.Txn txn) {
    for (Operation operation : txn.success()) {
      if (isLarge(((Operation.Range) operation).query())) {
        return true;
      }
    }
    for (Operation operation : txn.failure()) {
      if (isLarge(((Operation.Range) operation).query())) {
        return true;
      }
    }
    return false;
  }
}
