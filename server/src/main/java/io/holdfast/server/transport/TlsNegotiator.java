package io.holdfast.server.transport;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Opens connections to the peer port with TLS. gRPC's own way keeps the certificates that a server
 * was started with, and does not know the caller's address; here every connection gets the newest.
 */
final class TlsNegotiator implements ProtocolNegotiator {
  static final long HANDSHAKE_MILLIS_MAX = 10_000;

  /** More than any cluster has members: strangers who stay silent hold no more sockets open. */
  static final int HANDSHAKES_MAX = 64;

  private final ProtocolNegotiator inside = InternalProtocolNegotiators.serverPlaintext();
  private final PeerCertificates certificates;
  private final Consumer<String> refused;
  private final AtomicInteger handshakes = new AtomicInteger();

  TlsNegotiator(PeerCertificates certificates, Consumer<String> refused) {
    this.certificates = certificates;
    this.refused = refused;
  }

  @Override
  public AsciiString scheme() {
    return AsciiString.of("https");
  }

  @Override
  public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpcHandler) {
    return new Opening(grpcHandler);
  }

  @Override
  public void close() {
    inside.close();
  }

  private void tell(Channel channel, String why) {
    // Without the port, which is another one at each attempt.
    refused.accept("TLS: refused the peer at " + host(channel) + ": " + why);
  }

  private static String host(Channel channel) {
    SocketAddress caller = channel.remoteAddress();
    return caller instanceof InetSocketAddress address && address.getAddress() != null
        ? address.getAddress().getHostAddress()
        : String.valueOf(caller);
  }

  /** Waits for the handshake, then lets gRPC go on as it does without TLS. */
  private final class Opening extends ChannelInboundHandlerAdapter {
    private final GrpcHttp2ConnectionHandler grpcHandler;
    private Object negotiationEvent;
    private boolean agreed;

    Opening(GrpcHttp2ConnectionHandler grpcHandler) {
      this.grpcHandler = grpcHandler;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Channel channel = context.channel();
      if (handshakes.incrementAndGet() > HANDSHAKES_MAX) {
        handshakes.decrementAndGet();
        tell(channel, "too many connections are being opened at once");
        channel.close();
        return;
      }
      SslHandler handshake;
      try {
        handshake =
            certificates.serverHandler(
                context.alloc(), channel.remoteAddress(), HANDSHAKE_MILLIS_MAX);
      } catch (RuntimeException e) {
        handshakes.decrementAndGet();
        throw e;
      }
      // Completes at the latest when the connection ends.
      handshake.handshakeFuture().addListener(ended -> handshakes.decrementAndGet());
      context.pipeline().addBefore(context.name(), null, handshake);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        agreed = handshake.isSuccess();
        TlsFailure.of(handshake.cause()).ifPresent(why -> tell(context.channel(), why));
      } else if (event.getClass() == InternalProtocolNegotiationEvent.getDefault().getClass()) {
        negotiationEvent = event;
      } else {
        super.userEventTriggered(context, event);
        return;
      }
      if (agreed && negotiationEvent != null) {
        context.pipeline().addAfter(context.name(), null, inside.newHandler(grpcHandler));
        context.fireUserEventTriggered(negotiationEvent);
        context.pipeline().remove(this);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The connection broke, or the handshake was refused, which has been told.
      context.close();
    }
  }
}
