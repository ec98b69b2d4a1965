package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.apply.PermissionGate;
import io.holdfast.server.apply.RequestRules;
import io.holdfast.server.apply.TxnReader;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The key space: writes through the log, reads beside it. */
final class KeyValueUseCases implements KeyValueService {
  /** Keys that a read may find and still be answered on the thread that asks. */
  private static final long SMALL_RANGE_KEYS = 100;

  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Corruption corruption;
  private final Caller caller;

  KeyValueUseCases(
      MemberContext member, CommandPath commands, ReadPath reads, Corruption corruption) {
    this(member, commands, reads, corruption, Caller.ANONYMOUS);
  }

  private KeyValueUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Corruption corruption,
      Caller caller) {
    this.caller = caller;
    this.corruption = corruption;
    this.member = member;
    this.commands = commands;
    this.reads = reads;
  }

  @Override
  public KeyValueService as(Caller other) {
    return other.equals(caller)
        ? this
        : new KeyValueUseCases(member, commands, reads, corruption, other);
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
          checkReadable(query);
          RangeResult result = store.range(query, meter);
          member.applier().auth().checkUnchanged(caller);
          return new Response<>(member.header(result.currentRevision()), result);
        });
  }

  @Override
  public CompletionStage<Response<CommandResult.Put>> put(Command.Put put) {
    try {
      RequestRules.checkPut(put);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return write(put, CommandResult.Put.class::cast);
  }

  @Override
  public CompletionStage<Response<CommandResult.DeleteRange>> deleteRange(
      Command.DeleteRange delete) {
    try {
      RequestRules.checkDeleteRange(delete);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return write(delete, CommandResult.DeleteRange.class::cast);
  }

  @Override
  public CompletionStage<Response<CommandResult.Txn>> txn(Command.Txn txn) {
    try {
      RequestRules.checkTxn(txn, member.config().maxTxnOps());
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    if (!txn.isReadOnly()) {
      return write(txn, CommandResult.Txn.class::cast);
    }
    return reads.read(
        !txn.isSerializable(),
        isLarge(txn),
        (store, meter) -> {
          checkIntact();
          checkPermitted(txn);
          CommandResult.Txn result = TxnReader.read(store, txn, meter);
          member.applier().auth().checkUnchanged(caller);
          return new Response<>(member.header(result.revision()), result);
        });
  }

  @Override
  public CompletionStage<Response<Void>> compact(long revision, boolean physical) {
    return write(new Command.Compact(revision, physical), done -> null);
  }

  /**
   * Proposes a command. A denial is told only after this member has caught up: what the caller does
   * may have been allowed by a change that another member has answered already.
   */
  private <T> CompletionStage<Response<T>> write(
      Command command, Function<CommandResult, T> result) {
    try {
      return propose(command, result);
    } catch (StoreException refusal) {
      if (refusal.error() != EtcdError.PERMISSION_DENIED) {
        return CompletableFuture.failedStage(refusal);
      }
      return reads.confirm().thenCompose(index -> propose(command, result));
    }
  }

  private <T> CompletionStage<Response<T>> propose(
      Command command, Function<CommandResult, T> result) {
    checkPermitted(command);
    checkIntact();
    return commands.execute(caller, command, result);
  }

  /** For a write, the answer that counts is given when it is applied. */
  private void checkPermitted(Command command) {
    PermissionGate.check(member.applier().auth(), caller, command);
  }

  private void checkReadable(RangeQuery query) {
    member.applier().auth().checkKeys(caller, query.range(), AccessKind.READ);
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
