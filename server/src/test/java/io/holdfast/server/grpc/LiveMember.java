package io.holdfast.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.grpc.listener.ListenerOptions;
import io.holdfast.server.rest.RestApi;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A real member with a real client port that serves gRPC and JSON, put together without Quarkus:
 * the HTTP server is plain Vert.x behind the same in-process transport.
 */
public final class LiveMember implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Member member;
  private final ClientApi api;
  private final ClientListener listener;
  private final Vertx vertx;
  private final ManagedChannel channel;

  private LiveMember(
      Path directory, int requestBytesMax, UnaryOperator<ListenerOptions> listenerOptions)
      throws Exception {
    member =
        Member.start(
            MemberConfig.builder("default", directory)
                .maxRequestBytes(requestBytesMax)
                .heartbeatIntervalMillis(20)
                .electionTimeoutMillis(200)
                .build());
    member.joined().toCompletableFuture().get(60, TimeUnit.SECONDS);
    ClientApi.UseCases useCases =
        new ClientApi.UseCases(
            member.keyValues(),
            member.leases(),
            member.watches(),
            member.cluster(),
            member.maintenance(),
            member.locks(),
            member.elections(),
            member.auth(),
            member::health);
    api = new ClientApi(useCases, new ClientApi.Options(requestBytesMax, 200));
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    RestApi rest = new RestApi(requestBytesMax);
    Router router = Router.router(vertx);
    rest.addTo(router);
    rest.open(api, useCases);
    String name = "/tmp/holdfast-live-member-" + NAMES.incrementAndGet();
    HttpServerOptions httpOptions = new HttpServerOptions();
    RestApi.acceptWebSockets(httpOptions, requestBytesMax);
    vertx
        .createHttpServer(httpOptions)
        .requestHandler(router)
        .listen(SocketAddress.domainSocketAddress(name))
        .toCompletionStage()
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
    listener =
        ClientListener.start(
            listenerOptions.apply(
                ListenerOptions.defaults(
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
                    .withHttpServer(name)),
            api.services());
    channel =
        NettyChannelBuilder.forAddress(address())
            .usePlaintext()
            .maxInboundMessageSize(64 * 1024 * 1024)
            .build();
  }

  /** Starts with etcd's limits. */
  public static LiveMember start(Path directory) throws Exception {
    return start(directory, UnaryOperator.identity());
  }

  static LiveMember start(Path directory, int requestBytesMax) throws Exception {
    return new LiveMember(directory, requestBytesMax, UnaryOperator.identity());
  }

  /** Starts with etcd's limits, except those of the client port that are changed. */
  public static LiveMember start(Path directory, UnaryOperator<ListenerOptions> listenerOptions)
      throws Exception {
    return new LiveMember(directory, 3 * 512 * 1024, listenerOptions);
  }

  /** How many watchers the member has. */
  public long watchers() {
    return member.counters().watches().watchers();
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) listener.addresses().get(0);
  }

  /** A gRPC connection through the client port. */
  public ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() throws Exception {
    channel.shutdownNow();
    listener.close();
    api.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    member.close();
  }
}
