package io.holdfast.compatibility;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sends one request and collects whatever comes back, to the end of the call. */
final class UnaryRun extends ClientCall.Listener<Message> {
  private static final long SECONDS_MAX = 20;

  private final List<Message> messages = new ArrayList<>();
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();

  private UnaryRun() {}

  static CompletableFuture<Answer> start(
      Channel channel, MethodDescriptor<Message, Message> method, Message request) {
    return start(channel, method, request, new Metadata());
  }

  static CompletableFuture<Answer> start(
      Channel channel,
      MethodDescriptor<Message, Message> method,
      Message request,
      Metadata metadata) {
    ClientCall<Message, Message> call =
        channel.newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS));
    UnaryRun run = new UnaryRun();
    call.start(run, metadata);
    call.sendMessage(request);
    call.halfClose();
    call.request(Integer.MAX_VALUE);
    return run.answer;
  }

  @Override
  public void onMessage(Message message) {
    messages.add(message);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    answer.complete(Answer.of(messages, status));
  }
}
