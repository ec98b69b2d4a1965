package io.holdfast.server.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.RangeStreamResponse;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.Response;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One running RangeStream call: reads the range piece by piece at one revision and sends each piece
 * when the client is ready for it. The size of a piece grows or shrinks towards the request limit.
 *
 * <p>The revision is fixed by the first piece, which is read linearizably if the client wishes so;
 * the later pieces read the same revision from this member's own state.
 */
final class RangeStreaming {
  private static final long FIRST_PIECE_KEYS = 10;

  private final KeyValueService keyValues;
  private final RangeQuery query;
  private final boolean serializable;
  private final int pieceBytes;
  private final ServerCallStreamObserver<RangeStreamResponse> observer;

  private Optional<Response<RangeResult>> first = Optional.empty();
  private byte[] nextKey;
  private long pieceKeys = FIRST_PIECE_KEYS;
  private long sentKeys;
  private boolean reading;
  private boolean done;

  RangeStreaming(
      KeyValueService keyValues,
      RangeRequest request,
      int pieceBytes,
      ServerCallStreamObserver<RangeStreamResponse> observer) {
    this.keyValues = keyValues;
    this.query = Requests.range(request);
    this.serializable = request.getSerializable();
    this.pieceBytes = pieceBytes;
    this.observer = observer;
    this.nextKey = query.range().start();
  }

  /**
   * @throws RuntimeException what the call is to fail with, if the request cannot be streamed
   */
  void start() {
    if (query.range().start().length == 0) {
      throw EtcdError.KEY_NOT_PROVIDED.asException();
    }
    if (query.target() != SortTarget.KEY || query.order() == SortOrder.DESCEND) {
      throw unimplemented("RangeStream does not support custom sort orders");
    }
    if (query.minModRevision() != 0
        || query.maxModRevision() != 0
        || query.minCreateRevision() != 0
        || query.maxCreateRevision() != 0) {
      throw unimplemented("RangeStream does not support revision filters");
    }
    observer.setOnCancelHandler(this::cancel);
    observer.setOnReadyHandler(this::readNext);
    readNext();
  }

  private static RuntimeException unimplemented(String text) {
    return Failures.withoutTrace(Status.UNIMPLEMENTED.withDescription(text));
  }

  private synchronized void cancel() {
    done = true;
  }

  /** Reads the next piece if the client can take it and none is being read. */
  private synchronized void readNext() {
    if (reading || done || !observer.isReady()) {
      return;
    }
    reading = true;
    boolean local = serializable || first.isPresent();
    CompletionStage<Response<RangeResult>> read;
    try {
      read = keyValues.range(nextPiece(), local);
    } catch (RuntimeException e) {
      fail(e);
      return;
    }
    read.whenComplete(
        (piece, failure) -> {
          if (failure == null) {
            sendPiece(piece);
            readNext();
          } else {
            fail(failure);
          }
        });
  }

  private RangeQuery nextPiece() {
    KeyRange whole = query.range();
    KeyRange rest =
        whole.isSingle()
            ? whole
            : whole.isOpenEnded() ? KeyRange.fromKey(nextKey) : KeyRange.of(nextKey, whole.end());
    long limit = query.limit() > 0 ? Math.min(pieceKeys, query.limit() - sentKeys) : pieceKeys;
    return RangeQuery.builder(rest)
        .revision(first.map(response -> pinned(response.body())).orElse(query.revision()))
        .limit(query.countOnly() ? 0 : limit)
        .keysOnly(query.keysOnly())
        .countOnly(query.countOnly())
        .build();
  }

  private long pinned(RangeResult firstResult) {
    return query.revision() > 0 ? query.revision() : firstResult.currentRevision();
  }

  private synchronized void sendPiece(Response<RangeResult> response) {
    reading = false;
    if (done) {
      return;
    }
    if (first.isEmpty()) {
      first = Optional.of(response);
    }
    RangeResult result = response.body();
    RangeResponse.Builder piece = RangeResponse.newBuilder();
    for (KeyValue pair : result.keyValues()) {
      piece.addKvs(Responses.keyValue(pair));
    }
    sentKeys += result.keyValues().size();
    boolean last = !result.more() || sentKeys == query.limit();
    if (last) {
      piece
          .setHeader(Responses.header(first.get().header()))
          .setMore(result.more())
          .setCount(sentKeys - result.keyValues().size() + result.count());
    }
    RangeResponse message = piece.build();
    observer.onNext(RangeStreamResponse.newBuilder().setRangeResponse(message).build());
    if (last) {
      done = true;
      observer.onCompleted();
    } else {
      byte[] lastKey = result.keyValues().get(result.keyValues().size() - 1).key();
      nextKey = Arrays.copyOf(lastKey, lastKey.length + 1);
      adjust(message.getSerializedSize());
    }
  }

  private void adjust(int sentBytes) {
    if (sentBytes < pieceBytes / 2) {
      pieceKeys *= 2;
    } else if (sentBytes / 2 > pieceBytes) {
      pieceKeys = Math.max(1, pieceKeys / 2);
    }
  }

  private synchronized void fail(Throwable failure) {
    reading = false;
    if (!done) {
      done = true;
      observer.onError(Failures.of(failure));
    }
  }
}
