package io.holdfast.server.grpc.listener;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.local.LocalAddress;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Vert.x's JDK transport, with one difference: what Vert.x calls a domain socket is an address
 * within this process. An HTTP server told to listen on a domain socket is therefore reachable only
 * through the {@linkplain ClientListener client port}, never from outside: there is no second port
 * and no file that would have to be guarded.
 *
 * <p>Vert.x finds this class as a service once native transports are preferred ({@code
 * quarkus.vertx.prefer-native-transport=true}).
 */
public final class InProcessTransport extends JDKTransport {
  private static final String CLIENT_PREFIX = "holdfast-client/";

  /** Clients that come through the file system have no address: port and host. */
  private static final String UNIX_SOCKET_CLIENT = "0/localhost";

  private static final AtomicLong CONNECTIONS = new AtomicLong();

  @Override
  public boolean supportsDomainSockets() {
    return true;
  }

  @Override
  public boolean supportFileRegion() {
    return false;
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
    if (domainSocket) {
      throw new UnsupportedOperationException(
          "connections inside the process are opened by the client port only");
    }
    return super.channelFactory(false);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return domainSocket ? SpliceServerChannel::new : super.serverChannelFactory(false);
  }

  @Override
  public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
    // Inside the process there is no socket that options could be set on.
    if (!domainSocket) {
      super.configure(options, false, bootstrap);
    }
  }

  @Override
  public java.net.SocketAddress convert(SocketAddress address) {
    return address.isDomainSocket() ? serverAddress(address.path()) : super.convert(address);
  }

  @Override
  public SocketAddress convert(java.net.SocketAddress address) {
    if (!(address instanceof LocalAddress local)) {
      return super.convert(address);
    }
    String id = local.id();
    if (!id.startsWith(CLIENT_PREFIX)) {
      return SocketAddress.domainSocketAddress(id);
    }
    String[] parts = id.substring(CLIENT_PREFIX.length()).split("/", 3);
    return SocketAddress.inetSocketAddress(Integer.parseInt(parts[0]), parts[1]);
  }

  /** Where the HTTP server of that name listens. */
  static LocalAddress serverAddress(String name) {
    return new LocalAddress(name);
  }

  /** An address for our end of a connection, from which the HTTP server learns who is calling. */
  static LocalAddress clientAddress(java.net.SocketAddress client) {
    String caller =
        client instanceof InetSocketAddress network
            ? network.getPort() + "/" + network.getAddress().getHostAddress()
            : UNIX_SOCKET_CLIENT;
    return new LocalAddress(CLIENT_PREFIX + caller + "/" + CONNECTIONS.incrementAndGet());
  }
}
