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
import io.vertx.core.http.ServerWebSocket;

/**
 * A WebSocket, carried out as one gRPC call: what the client sends are requests, and each answer is
 * a message of its own, in the words of {@link JsonCall}. It closes when the call has ended, after
 * a message with the error if there was one; a client that closes it ends the call. Everything
 * happens on the socket's event loop, with back-pressure in both directions.
 */
final class JsonSocket extends ClientCall.Listener<Message> {
  private static final short NORMAL = 1000;

  private final MethodDescriptor<Message, Message> method;
  private final Message prototype;
  private final ServerWebSocket socket;
  private final JsonSplitter splitter;
  private final ClientCall<Message, Message> call;

  private boolean requestDone;
  private boolean ended;

  /**
   * @param prototype the method's empty request
   * @param messageBytesMax the most one JSON object of the client may have
   */
  JsonSocket(
      Channel channel,
      MethodDescriptor<Message, Message> method,
      Message prototype,
      ServerWebSocket socket,
      Context context,
      int messageBytesMax) {
    this.method = method;
    this.prototype = prototype;
    this.socket = socket;
    this.splitter = new JsonSplitter(messageBytesMax);
    this.call =
        channel.newCall(
            method,
            CallOptions.DEFAULT.withExecutor(task -> context.runOnContext(turn -> task.run())));
  }

  void start(Metadata metadata) {
    call.start(this, metadata);
    call.request(1);
    socket.exceptionHandler(broken -> clientGone());
    socket.closeHandler(closed -> clientGone());
    socket.drainHandler(drained -> call.request(1));
    socket.handler(this::received);
  }

  private void clientGone() {
    if (!ended) {
      ended = true;
      requestDone = true;
      call.cancel("the client hung up", null);
    }
  }

  private boolean isClientStreaming() {
    return !method.getType().clientSendsOneMessage();
  }

  private void received(Buffer part) {
    if (requestDone) {
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
      socket.pause();
    }
  }

  /** Whether the method can take another message. */
  private boolean sendMessage(String json) {
    call.sendMessage(JsonMessages.parse(json, prototype));
    if (!isClientStreaming()) {
      requestDone = true;
      call.halfClose();
    }
    return isClientStreaming();
  }

  private void reject(Status status) {
    requestDone = true;
    end(JsonMessages.error(status));
    call.cancel("the request is malformed", null);
  }

  @Override
  public void onReady() {
    if (!ended) {
      socket.resume();
    }
  }

  @Override
  public void onMessage(Message message) {
    if (ended) {
      return;
    }
    String json = JsonMessages.print(message);
    if (method.getType().serverSendsOneMessage()) {
      end(json);
      return;
    }
    socket.writeTextMessage("{\"result\":" + json + "}");
    if (!socket.writeQueueFull()) {
      call.request(1);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (ended) {
      return;
    }
    if (status.isOk()) {
      ended = true;
      socket.close(NORMAL);
    } else {
      end(JsonMessages.error(status));
    }
  }

  private void end(String last) {
    ended = true;
    socket.writeTextMessage(last).onComplete(written -> socket.close(NORMAL));
  }
}
