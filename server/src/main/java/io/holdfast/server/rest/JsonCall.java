package io.holdfast.server.rest;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.holdfast.server.rest.JsonSplitter.MalformedJsonException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * One HTTP request, carried out as one gRPC call. Everything happens on the request's event loop.
 *
 * <p>A method that takes a stream gets each JSON object of the body as soon as it is complete; one
 * that takes a single message gets the first and ignores the rest. Back-pressure holds in both
 * directions: no message is asked of the call while the response's queue is full, and the body is
 * not read while the call is not ready.
 */
final class JsonCall extends ClientCall.Listener<Message> {
  private final MethodDescriptor<Message, Message> method;
  private final Message prototype;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final JsonSplitter splitter;
  private final long bodyBytesMax;
  private final ClientCall<Message, Message> call;

  private long bodyBytes;
  private boolean requestDone;
  private boolean answered;

  /**
   * @param prototype the method's empty request
   * @param bodyBytesMax the most a body may have; for streams, the most one object may have
   */
  JsonCall(
      Channel channel,
      MethodDescriptor<Message, Message> method,
      Message prototype,
      HttpServerRequest request,
      Context context,
      int bodyBytesMax) {
    this.method = method;
    this.prototype = prototype;
    this.request = request;
    this.response = request.response();
    this.splitter = new JsonSplitter(bodyBytesMax);
    this.bodyBytesMax = bodyBytesMax;
    this.call =
        channel.newCall(
            method,
            CallOptions.DEFAULT.withExecutor(task -> context.runOnContext(turn -> task.run())));
  }

  void start(Metadata metadata) {
    call.start(this, metadata);
    call.request(1);
    response.exceptionHandler(broken -> call.cancel("the connection broke", broken));
    response.closeHandler(closed -> call.cancel("the client hung up", null));
    response.drainHandler(drained -> call.request(1));
    request.exceptionHandler(broken -> call.cancel("the connection broke", broken));
    request.handler(this::bodyPart);
    request.endHandler(ended -> bodyEnded());
    request.resume();
  }

  private boolean isClientStreaming() {
    return !method.getType().clientSendsOneMessage();
  }

  private boolean isServerStreaming() {
    return !method.getType().serverSendsOneMessage();
  }

  private void bodyPart(Buffer part) {
    bodyBytes += part.length();
    if (requestDone) {
      if (bodyBytes > bodyBytesMax) {
        request.connection().close();
      }
      return;
    }
    try {
      splitter.feed(part.getBytes(), this::sendMessage);
    } catch (MalformedJsonException e) {
      reject(JsonMessages.invalid(e.getMessage()).getStatus());
    } catch (StatusRuntimeException e) {
      reject(e.getStatus());
    }
    if (!requestDone && !call.isReady()) {
      request.pause();
    }
  }

  private void bodyEnded() {
    if (requestDone) {
      return;
    }
    try {
      splitter.end(this::sendMessage);
    } catch (MalformedJsonException e) {
      reject(JsonMessages.invalid(e.getMessage()).getStatus());
      return;
    }
    if (!requestDone) {
      if (!isClientStreaming()) {
        call.sendMessage(prototype);
      }
      halfClose();
    }
  }

  /** Whether the method can take another message. */
  private boolean sendMessage(String json) {
    call.sendMessage(JsonMessages.parse(json, prototype));
    if (!isClientStreaming()) {
      halfClose();
    }
    return isClientStreaming();
  }

  private void halfClose() {
    requestDone = true;
    call.halfClose();
  }

  private void reject(Status status) {
    requestDone = true;
    fail(status);
    call.cancel("the request is malformed", null);
  }

  @Override
  public void onReady() {
    request.resume();
  }

  @Override
  public void onMessage(Message message) {
    if (answered) {
      return;
    }
    String json = JsonMessages.print(message);
    if (!isServerStreaming()) {
      answered = true;
      response.putHeader("Content-Type", "application/json").end(json);
      return;
    }
    if (!response.headWritten()) {
      response.putHeader("Content-Type", "application/json").setChunked(true);
    }
    response.write("{\"result\":" + json + "}\n");
    if (!response.writeQueueFull()) {
      call.request(1);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    requestDone = true;
    if (answered || response.closed()) {
      return;
    }
    if (!status.isOk()) {
      fail(status);
    } else {
      answered = true;
      if (!response.headWritten()) {
        response.putHeader("Content-Type", "application/json");
      }
      response.end();
    }
  }

  private void fail(Status status) {
    if (answered || response.closed()) {
      return;
    }
    answered = true;
    if (response.headWritten()) {
      response.end(JsonMessages.streamError(status) + "\n");
    } else {
      UnreadBody.announce(request, bodyBytesMax);
      response
          .setStatusCode(HttpStatus.of(status.getCode()))
          .putHeader("Content-Type", "application/json")
          .end(JsonMessages.error(status));
    }
  }
}
