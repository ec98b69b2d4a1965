package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.rest.UnreadBody;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One request and its answer. Everything happens on the request's event loop; what is thrown there
 * as a {@link Problem} becomes the answer.
 */
final class Exchange {
  private static final Logger LOG = System.getLogger(Exchange.class.getName());
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Context context;
  private final Channel channel;
  private final int bodyBytesMax;
  private boolean bodyRead;

  Exchange(HttpServerRequest request, Context context, Channel channel, int bodyBytesMax) {
    this.request = request;
    this.response = request.response();
    this.context = context;
    this.channel = channel;
    this.bodyBytesMax = bodyBytesMax;
  }

  HttpServerResponse response() {
    return response;
  }

  Context context() {
    return context;
  }

  HttpMethod method() {
    return request.method();
  }

  boolean isHead() {
    return request.method() == HttpMethod.HEAD;
  }

  boolean isWrite() {
    return request.method() != HttpMethod.GET && !isHead();
  }

  /** Null when absent. */
  String header(CharSequence name) {
    return request.getHeader(name);
  }

  String query() {
    return request.query();
  }

  Conditions conditions() {
    return Conditions.of(header(HttpHeaders.IF_MATCH), header(HttpHeaders.IF_NONE_MATCH));
  }

  /** Runs a handler's part; what it throws is answered. */
  void attempt(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /** Goes on with a result; a failure is answered. */
  <T> void then(CompletionStage<T> stage, Consumer<T> next) {
    stage.whenComplete(
        (result, failure) -> {
          if (failure != null) {
            fail(failure);
          } else {
            attempt(() -> next.accept(result));
          }
        });
  }

  /** Calls a service inside the process; completes on the event loop. */
  <Q, R> CompletionStage<R> call(MethodDescriptor<Q, R> method, Q message) {
    CompletableFuture<R> result = new CompletableFuture<>();
    ClientCall<Q, R> call = newCall(method);
    ClientCalls.asyncUnaryCall(
        call,
        message,
        new StreamObserver<R>() {
          @Override
          public void onNext(R answer) {
            result.complete(answer);
          }

          @Override
          public void onError(Throwable failure) {
            result.completeExceptionally(failure);
          }

          @Override
          public void onCompleted() {
            // A call that was answered is complete already.
          }
        });
    return result;
  }

  /** A call that has not been started; it takes the request's token with it. */
  <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method) {
    CallOptions options =
        CallOptions.DEFAULT.withExecutor(task -> context.runOnContext(turn -> task.run()));
    // A call made while another one is answered must not end with that one.
    io.grpc.Context previous = io.grpc.Context.ROOT.attach();
    try {
      return new TokenCall<>(channel.newCall(method, options), header(HttpHeaders.AUTHORIZATION));
    } finally {
      io.grpc.Context.ROOT.detach(previous);
    }
  }

  private static final class TokenCall<Q, R>
      extends io.grpc.ForwardingClientCall.SimpleForwardingClientCall<Q, R> {
    private final String authorization;

    TokenCall(ClientCall<Q, R> call, String authorization) {
      super(call);
      this.authorization = authorization;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      if (authorization != null) {
        headers.put(AUTHORIZATION, authorization);
      }
      super.start(listener, headers);
    }
  }

  /** Reads the whole body, up to the limit for requests. */
  void body(Consumer<ByteString> next) {
    String encoding = header(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw ContentTypes.unsupported("Send the body as it is, without Content-Encoding.");
    }
    String length = header(HttpHeaders.CONTENT_LENGTH);
    if (length != null && length.length() > 9 || length != null && tooLong(length)) {
      throw tooLarge();
    }
    bodyRead = true;
    Buffer body = Buffer.buffer();
    request.exceptionHandler(broken -> response.reset());
    request.handler(
        part -> {
          if (response.ended()) {
            return;
          }
          if (body.length() + part.length() > bodyBytesMax) {
            fail(tooLarge());
            passOver();
          } else {
            body.appendBuffer(part);
          }
        });
    request.endHandler(
        ended -> {
          if (!response.ended()) {
            attempt(() -> next.accept(ByteString.copyFrom(body.getBytes())));
          }
        });
    request.resume();
  }

  /** Lets go of what is left of a body, and of the connection when that does not end. */
  private void passOver() {
    int[] bytes = {0};
    request.handler(
        part -> {
          bytes[0] += part.length();
          if (bytes[0] > bodyBytesMax) {
            request.connection().close();
          }
        });
    request.endHandler(null);
    request.resume();
  }

  private boolean tooLong(String length) {
    try {
      return Long.parseLong(length) > bodyBytesMax;
    } catch (NumberFormatException malformed) {
      throw Problem.badRequest("invalid-length", "Content-Length is not a number.");
    }
  }

  private static Problem tooLarge() {
    return Problem.of(EtcdError.REQUEST_IS_TOO_LARGE, false);
  }

  /** Answers with text of JSON; a HEAD gets its length alone. */
  void json(String type, int status, String text) {
    send(type, status, Buffer.buffer(text));
  }

  void send(String type, int status, Buffer body) {
    if (response.ended() || response.closed()) {
      return;
    }
    commonHeaders();
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, type)
        .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    if (isHead()) {
      response.end();
    } else {
      response.end(body);
    }
  }

  /** Answers without a body. */
  void empty(int status) {
    if (!response.ended() && !response.closed()) {
      commonHeaders();
      response.setStatusCode(status).end();
    }
  }

  /** Values come from anybody: a browser shall neither guess what they are nor run them. */
  void commonHeaders() {
    response
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Content-Security-Policy", "default-src 'none'; sandbox")
        .putHeader("Cache-Control", "no-cache");
  }

  void fail(Throwable failure) {
    Problem problem = problem(failure);
    problem.headers().forEach(response::putHeader);
    if (!response.headWritten()) {
      UnreadBody.announce(request, bodyBytesMax);
      json(Problem.MEDIA_TYPE, problem.status(), problem.toJson());
    }
    if (isWrite() && !bodyRead) {
      passOver();
    }
  }

  /** What to say of a failure; the details of the unforeseen stay in the log. */
  Problem problem(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Problem problem) {
      return problem;
    }
    if (cause instanceof StatusRuntimeException refusal) {
      return Problem.of(refusal.getStatus(), isWrite());
    }
    LOG.log(Level.ERROR, "a request of the API for people failed for an unforeseen reason", cause);
    return Problem.of(
        Status.INTERNAL.withDescription("the request failed inside the server; see its log"),
        isWrite());
  }
}
