package io.holdfast.server.grpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** Answers unary calls when a use case completes, on whichever thread completes it. */
final class Answers {
  private Answers() {}

  /**
   * @param useCase reads the request and starts; may throw what the call is to fail with
   * @param encode makes the message out of the header and the use case's result
   */
  static <T, R> void send(
      StreamObserver<R> observer,
      Supplier<CompletionStage<Response<T>>> useCase,
      BiFunction<ResponseHeader, T, R> encode) {
    send(observer, useCase, encode, Failures::of);
  }

  /**
   * @param encode makes the message out of the header and the use case's result
   * @param failures makes what the call is to be closed with
   */
  static <T, R> void send(
      StreamObserver<R> observer,
      Supplier<CompletionStage<Response<T>>> useCase,
      BiFunction<ResponseHeader, T, R> encode,
      Function<Throwable, StatusRuntimeException> failures) {
    CompletionStage<Response<T>> stage;
    try {
      stage = useCase.get();
    } catch (RuntimeException e) {
      observer.onError(failures.apply(e));
      return;
    }
    stage.whenComplete(
        (response, failure) -> {
          if (failure == null) {
            complete(observer, response, encode);
          } else {
            observer.onError(failures.apply(failure));
          }
        });
  }

  private static <T, R> void complete(
      StreamObserver<R> observer, Response<T> response, BiFunction<ResponseHeader, T, R> encode) {
    R message;
    try {
      message = encode.apply(Responses.header(response.header()), response.body());
    } catch (RuntimeException e) {
      observer.onError(Failures.of(e));
      return;
    }
    observer.onNext(message);
    observer.onCompleted();
  }
}
