package io.holdfast.server.cli.bench;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A store under load: open connections to its endpoints and the processes that serve them.
 *
 * <p>Thread-safe after construction.
 */
final class Target implements AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

  private final String name;
  private final List<Long> pids;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final EventLoopGroup eventLoops;

  /**
   * @param endpoints {@code host:port} or {@code http://host:port}; connections go round them
   * @param pids processes whose processor time and memory are read; may be empty
   */
  Target(String name, List<String> endpoints, List<Long> pids, int connections) {
    this.name = name;
    this.pids = List.copyOf(pids);
    int threads = Math.min(connections, Runtime.getRuntime().availableProcessors());
    this.eventLoops = new NioEventLoopGroup(threads);
    for (int i = 0; i < connections; i++) {
      channels.add(open(endpoints.get(i % endpoints.size())));
    }
  }

  private ManagedChannel open(String endpoint) {
    URI uri = parse(endpoint);
    return NettyChannelBuilder.forAddress(uri.getHost(), uri.getPort())
        .usePlaintext()
        .eventLoopGroup(eventLoops)
        .channelType(NioSocketChannel.class)
        .directExecutor()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .build();
  }

  private static URI parse(String endpoint) {
    try {
      URI uri = URI.create(endpoint.contains("://") ? endpoint : "http://" + endpoint);
      if (!"http".equals(uri.getScheme())) {
        throw new BenchFailure(endpoint + ": only http:// endpoints can be measured");
      }
      if (uri.getHost() == null || uri.getPort() < 0) {
        throw new BenchFailure(endpoint + " names no host and port: write it as 127.0.0.1:2379");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new BenchFailure(endpoint + " is no endpoint: write it as 127.0.0.1:2379");
    }
  }

  String name() {
    return name;
  }

  /** The channel that client number {@code client} uses. */
  ManagedChannel channel(int client) {
    return channels.get(client % channels.size());
  }

  EventLoopGroup eventLoops() {
    return eventLoops;
  }

  ProcessUsage usage() {
    return ProcessUsage.of(pids);
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    for (ManagedChannel channel : channels) {
      try {
        channel.awaitTermination(5, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
