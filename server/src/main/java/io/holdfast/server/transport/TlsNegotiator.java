package io.holdfast.server.transport;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.holdfast.server.tls.TlsMaterial;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AsciiString;
import java.util.function.Consumer;

/**
 * Opens the connections of the peer port with TLS. gRPC's own way is bound to the certificates that
 * a server was started with; here every connection gets the newest.
 */
final class TlsNegotiator implements ProtocolNegotiator {
  private static final long HANDSHAKE_MILLIS_MAX = 10_000;

  private final ProtocolNegotiator plaintext = InternalProtocolNegotiators.serverPlaintext();
  private final TlsMaterial material;
  private final Consumer<String> refused;

  TlsNegotiator(TlsMaterial material, Consumer<String> refused) {
    this.material = material;
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
    plaintext.close();
  }

  /** Waits for the handshake, then lets gRPC go on as it does without TLS. */
  private final class Opening extends ChannelInboundHandlerAdapter {
    private final GrpcHttp2ConnectionHandler grpcHandler;
    private Object negotiationEvent;
    private boolean shaken;

    Opening(GrpcHttp2ConnectionHandler grpcHandler) {
      this.grpcHandler = grpcHandler;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      context
          .pipeline()
          .addBefore(
              context.name(),
              null,
              material.serverHandler(
                  context.alloc(), context.channel().remoteAddress(), HANDSHAKE_MILLIS_MAX));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (!handshake.isSuccess()) {
          refused.accept(
              "a TLS connection from "
                  + context.channel().remoteAddress()
                  + ": "
                  + reason(handshake.cause()));
        }
        shaken = handshake.isSuccess();
      } else if (event.getClass() == InternalProtocolNegotiationEvent.getDefault().getClass()) {
        negotiationEvent = event;
      } else {
        super.userEventTriggered(context, event);
        return;
      }
      if (shaken && negotiationEvent != null) {
        context.pipeline().addAfter(context.name(), null, plaintext.newHandler(grpcHandler));
        context.fireUserEventTriggered(negotiationEvent);
        context.pipeline().remove(this);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The socket is broken, or the handshake was refused, which has been told.
      context.close();
    }
  }

  /** The innermost cause says what was wrong with a certificate. */
  static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
