package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Makes the same call to one member over gRPC and through the JSON gateway. */
final class BothForms implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String endpoint;
  private final ManagedChannel channel;

  BothForms(String endpoint) {
    this.endpoint = endpoint;
    this.channel = NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
  }

  /** What the gateway said. */
  record Json(int httpStatus, String body) {
    /** Code and text of an error, as {@link Answer#status} writes them. */
    String status() {
      com.google.rpc.Status.Builder error = com.google.rpc.Status.newBuilder();
      try {
        JsonFormat.parser().ignoringUnknownFields().merge(body, error);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("no error in JSON: " + body, e);
      }
      return Status.fromCodeValue(error.getCode()).getCode() + ": " + error.getMessage();
    }
  }

  Answer grpc(Call call, Message request, Map<String, String> metadata) {
    return begin(call, request, metadata).join();
  }

  /** A call whose answer is not waited for. */
  CompletableFuture<Answer> begin(Call call, Message request, Map<String, String> metadata) {
    return UnaryRun.start(channel, call.method(), request, headers(metadata));
  }

  private static Metadata headers(Map<String, String> metadata) {
    Metadata headers = new Metadata();
    metadata.forEach(
        (name, value) ->
            headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    return headers;
  }

  /**
   * Watches a key and waits for the server to end it.
   *
   * @return once the watcher exists; the stage completes with the status of the end
   */
  CompletableFuture<Status> endOfWatch(Map<String, String> metadata) {
    CompletableFuture<Status> end = new CompletableFuture<>();
    CompletableFuture<Void> created = new CompletableFuture<>();
    ClientCall<WatchRequest, WatchResponse> watch =
        channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
    watch.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(WatchResponse response) {
            created.complete(null);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
            created.completeExceptionally(status.asRuntimeException());
          }
        },
        headers(metadata));
    watch.request(Integer.MAX_VALUE);
    watch.sendMessage(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("watched")))
            .build());
    created.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    return end;
  }

  Json json(Call call, Message request, Map<String, String> metadata) {
    try {
      HttpRequest.Builder post =
          HttpRequest.newBuilder(URI.create("http://" + endpoint + call.path()))
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(jsonOf(request)));
      metadata.forEach((name, value) -> post.header("Grpc-Metadata-" + name, value));
      HttpResponse<String> response = HTTP.send(post.build(), HttpResponse.BodyHandlers.ofString());
      return new Json(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new IllegalStateException(call + " as JSON to " + endpoint, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  static String jsonOf(Message request) {
    try {
      return JsonFormat.printer()
          .preservingProtoFieldNames()
          .omittingInsignificantWhitespace()
          .print(request);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("no JSON for " + request, e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
