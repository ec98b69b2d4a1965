package io.holdfast.server.service.member;

import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.ResultMeter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The way of a read: at once on the caller's thread where this member's state will do, otherwise
 * when the leader has confirmed an index and this member has applied it.
 *
 * <p>A read that may find many keys goes to a worker thread, so that it holds up neither the loop
 * nor an event loop; for such a read the hop is small change.
 */
final class ReadPath {
  private final MemberContext member;
  private final Executor workers;
  private final ReadMemory memory = ReadMemory.ofHeap();
  private final Corruption corruption;

  ReadPath(MemberContext member, Executor workers, Corruption corruption) {
    this.corruption = corruption;
    this.member = member;
    this.workers = workers;
  }

  /**
   * Reads the store.
   *
   * @param linearizable whether everything acknowledged before now must be visible
   * @param large whether the read may take long
   */
  <T> CompletionStage<T> read(boolean linearizable, boolean large, Function<MvccStore, T> reader) {
    return read(linearizable, large, (store, meter) -> reader.apply(store));
  }

  /**
   * The same, where the answer may take much memory: it is accounted for until the answer has been
   * handed on, which is when the stage's dependents have run.
   */
  <T> CompletionStage<T> read(
      boolean linearizable, boolean large, BiFunction<MvccStore, ResultMeter, T> reader) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (!linearizable || member.node().readsLocally()) {
      serve(answer, large, reader);
    } else {
      member
          .node()
          .readIndex()
          .whenComplete(
              (index, failure) -> {
                if (failure == null) {
                  serve(answer, large, reader);
                } else {
                  answer.completeExceptionally(CommandPath.unwrap(failure));
                }
              });
    }
    return answer;
  }

  /** Completes when everything acknowledged before now is applied here. */
  CompletionStage<Long> confirm() {
    return member.node().readIndex();
  }

  private <T> void serve(
      CompletableFuture<T> answer, boolean large, BiFunction<MvccStore, ResultMeter, T> reader) {
    if (!large) {
      answer(answer, reader);
      return;
    }
    try {
      workers.execute(() -> answer(answer, reader));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.asException());
    }
  }

  private <T> void answer(
      CompletableFuture<T> answer, BiFunction<MvccStore, ResultMeter, T> reader) {
    try (ReadMemory.Share share = memory.open()) {
      answer(answer, reader, share);
    }
  }

  private <T> void answer(
      CompletableFuture<T> answer,
      BiFunction<MvccStore, ResultMeter, T> reader,
      ReadMemory.Share share) {
    MvccStore store = member.store();
    T result;
    try {
      result = reader.apply(store, share);
    } catch (StoreException e) {
      answer.completeExceptionally(e);
      return;
    } catch (RuntimeException e) {
      // A snapshot may have replaced the store under the reader: then the new one answers.
      if (member.store() != store) {
        answer(answer, reader);
      } else if (e instanceof CorruptRecordException) {
        corruption.found(e.getMessage());
        answer.completeExceptionally(EtcdError.CORRUPT_CLUSTER.asException());
      } else {
        answer.completeExceptionally(e);
      }
      return;
    }
    answer.complete(result);
  }
}
