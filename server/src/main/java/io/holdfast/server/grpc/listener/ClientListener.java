package io.holdfast.server.grpc.listener;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.NettyServerBuilder;
import io.holdfast.server.error.StartupException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The client port. One gRPC server over Netty listens on every address; its protocol negotiator,
 * the step in which TLS is set up elsewhere, looks at the first bytes of each connection and sends
 * HTTP/1.1 to the process's HTTP server instead.
 *
 * <p>Calls are handled on the event loop itself: a hand-over to another thread would cost several
 * times what a typical request does. So no handler may block.
 */
public final class ClientListener implements AutoCloseable {
  private static final int METADATA_BYTES_MAX = 32 * 1024;
  private static final int RESETS_PER_WINDOW_MAX = 10_000;
  private static final int RESET_WINDOW_SECONDS = 10;
  private static final int ACCEPT_BACKLOG = 1024;
  private static final long GRACE_MILLIS = 500;

  private final Server server;
  private final EventLoopGroup eventLoops;

  private ClientListener(Server server, EventLoopGroup eventLoops) {
    this.server = server;
    this.eventLoops = eventLoops;
  }

  /** Starts to listen without anybody who watches the calls. */
  public static ClientListener start(
      ListenerOptions options, List<ServerServiceDefinition> services) {
    return start(options, services, List.of());
  }

  /**
   * Starts to listen on every address of the options.
   *
   * @param tracers told of every call
   * @throws StartupException if an address cannot be listened on; nothing is left open then
   */
  public static ClientListener start(
      ListenerOptions options,
      List<ServerServiceDefinition> services,
      List<? extends ServerStreamTracer.Factory> tracers) {
    EventLoopGroup eventLoops =
        new NioEventLoopGroup(
            options.eventLoopThreads(), new DefaultThreadFactory("holdfast-client", true));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                options.addresses().get(0),
                InternalNettyServerCredentials.create(new SniffingNegotiator(options)))
            .directExecutor()
            .bossEventLoopGroup(eventLoops)
            .workerEventLoopGroup(eventLoops)
            .withOption(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
            .withChildOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(64 * 1024, 256 * 1024))
            // The sniffer sets its own, shorter deadline; this one would also hit HTTP/1.1.
            .handshakeTimeout(Long.MAX_VALUE, TimeUnit.MILLISECONDS)
            .maxInboundMessageSize(
                options.requestBytesMax() + ListenerOptions.MESSAGE_OVERHEAD_BYTES)
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .maxConcurrentCallsPerConnection(options.concurrentStreamsMax())
            .maxRstFramesPerWindow(RESETS_PER_WINDOW_MAX, RESET_WINDOW_SECONDS)
            .permitKeepAliveTime(options.keepAliveMinTimeSeconds(), TimeUnit.SECONDS)
            .keepAliveTime(options.keepAliveIntervalSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(options.keepAliveTimeoutSeconds(), TimeUnit.SECONDS);
    if (options.onUnixSockets()) {
      builder.channelType(NioServerDomainSocketChannel.class);
    } else {
      builder
          .channelType(NioServerSocketChannel.class)
          .withOption(ChannelOption.SO_REUSEADDR, true)
          .withChildOption(ChannelOption.TCP_NODELAY, true);
    }
    options.addresses().stream().skip(1).forEach(builder::addListenAddress);
    builder.addServices(services);
    tracers.forEach(builder::addStreamTracerFactory);
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      server.shutdownNow();
      eventLoops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      throw cannotListen(options, e);
    }
    return new ClientListener(server, eventLoops);
  }

  private static StartupException cannotListen(ListenerOptions options, IOException cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String where =
        options.addresses().stream().map(ClientListener::text).collect(Collectors.joining(", "));
    return new StartupException(
        "cannot listen on "
            + where
            + ": "
            + root.getMessage()
            + "; stop the process that uses the address or choose another",
        cause);
  }

  private static String text(SocketAddress address) {
    return address instanceof InetSocketAddress network
        ? network.getHostString() + ":" + network.getPort()
        : "unix://" + address;
  }

  /** Where this really listens: port 0 is replaced by the port that was chosen. */
  public List<SocketAddress> addresses() {
    return List.copyOf(server.getListenSockets());
  }

  /** Stops listening, gives running calls half a second to end, then cuts them off. */
  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(GRACE_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      eventLoops.shutdownGracefully(0, GRACE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Puts a {@link ProtocolSniffer} where gRPC would otherwise expect HTTP/2 at once. */
  private static final class SniffingNegotiator implements ProtocolNegotiator {
    private final ProtocolNegotiator plaintext = InternalProtocolNegotiators.serverPlaintext();
    private final RefusedHandshakes refusals = RefusedHandshakes.logged();
    private final ListenerOptions options;

    SniffingNegotiator(ListenerOptions options) {
      this.options = options;
    }

    @Override
    public AsciiString scheme() {
      return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpcHandler) {
      return new ProtocolSniffer(
          grpcHandler,
          plaintext,
          options.httpServer().map(InProcessTransport::serverAddress),
          options.tls(),
          refusals,
          options.openingTimeoutMillis());
    }

    @Override
    public void close() {
      plaintext.close();
    }
  }
}
