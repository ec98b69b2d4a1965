package io.holdfast.server.grpc.listener;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.holdfast.server.tls.TlsMaterial;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.local.LocalAddress;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Holds a new connection until its first bytes say what it speaks: HTTP/2, which goes to gRPC, or
 * HTTP/1.1, which is {@linkplain Splice spliced} to the HTTP server. Anything else is closed.
 *
 * <p>Nothing is passed on before the opening is whole (HTTP/2: preface and SETTINGS frame;
 * HTTP/1.1: the first request's header), and that has to happen within a deadline and a size:
 * whoever says nothing, or says it byte by byte, costs one small object for a few seconds. Where
 * there is TLS, its handshake comes before and counts towards the same deadline.
 */
final class ProtocolSniffer extends ByteToMessageDecoder {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int FRAME_HEADER_BYTES = 9;
  private static final int SETTINGS_BYTES_MAX = 1024;
  private static final int HEADER_BYTES_MAX = 32 * 1024;
  private static final int METHOD_BYTES_MAX = 24;

  private final GrpcHttp2ConnectionHandler grpcHandler;
  private final ProtocolNegotiator plaintext;
  private final Optional<LocalAddress> httpServer;
  private final Optional<TlsMaterial> tls;
  private final RefusedHandshakes refusals;
  private final long deadlineMillis;

  private Object negotiationEvent;
  private Future<?> deadline;
  private int scanned;
  private boolean decided;

  ProtocolSniffer(
      GrpcHttp2ConnectionHandler grpcHandler,
      ProtocolNegotiator plaintext,
      Optional<LocalAddress> httpServer,
      Optional<TlsMaterial> tls,
      RefusedHandshakes refusals,
      long deadlineMillis) {
    this.grpcHandler = grpcHandler;
    this.plaintext = plaintext;
    this.httpServer = httpServer;
    this.tls = tls;
    this.refusals = refusals;
    this.deadlineMillis = deadlineMillis;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        context.executor().schedule(() -> context.close(), deadlineMillis, TimeUnit.MILLISECONDS);
    tls.ifPresent(
        material ->
            context
                .pipeline()
                .addBefore(
                    context.name(),
                    null,
                    material.serverHandler(
                        context.alloc(), context.channel().remoteAddress(), deadlineMillis)));
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext context) {
    deadline.cancel(false);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (negotiationEvent == null
        && event.getClass() == InternalProtocolNegotiationEvent.getDefault().getClass()) {
      negotiationEvent = event;
    } else if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (!handshake.isSuccess()) {
        refusals.refused(context.channel().remoteAddress(), handshake.cause());
      }
    } else {
      super.userEventTriggered(context, event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // The socket is broken, or the handshake was refused, which has been told.
    context.close();
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) {
    if (decided) {
      return;
    }
    int start = bytes.readerIndex();
    int available = bytes.readableBytes();
    int common = commonWithPreface(bytes, start, available);
    if (common == PREFACE.length) {
      http2(context, bytes, start, available);
    } else if (common < available) {
      http1(context, bytes, start, available);
    }
  }

  private static int commonWithPreface(ByteBuf bytes, int start, int available) {
    int common = 0;
    while (common < available
        && common < PREFACE.length
        && bytes.getByte(start + common) == PREFACE[common]) {
      common++;
    }
    return common;
  }

  private void http2(ChannelHandlerContext context, ByteBuf bytes, int start, int available) {
    if (available < PREFACE.length + FRAME_HEADER_BYTES) {
      return;
    }
    int settingsBytes = bytes.getUnsignedMedium(start + PREFACE.length);
    if (settingsBytes > SETTINGS_BYTES_MAX) {
      refuse(context);
    } else if (available >= PREFACE.length + FRAME_HEADER_BYTES + settingsBytes) {
      decided = true;
      context.pipeline().addAfter(context.name(), null, plaintext.newHandler(grpcHandler));
      context.fireUserEventTriggered(negotiationEvent);
      context.pipeline().remove(this);
    }
  }

  private void http1(ChannelHandlerContext context, ByteBuf bytes, int start, int available) {
    if (!looksLikeRequest(bytes, start, available)) {
      refuse(context);
      return;
    }
    while (scanned < available && !headerEndsAt(bytes, start, scanned)) {
      scanned++;
    }
    if (scanned < available) {
      splice(context);
    } else if (available > HEADER_BYTES_MAX) {
      answerAndClose(context, "431 Request Header Fields Too Large", "the header is too large");
    }
  }

  /** A request starts with a method in capital letters and a blank. */
  private static boolean looksLikeRequest(ByteBuf bytes, int start, int available) {
    for (int i = 0; i < Math.min(available, METHOD_BYTES_MAX); i++) {
      byte b = bytes.getByte(start + i);
      if (b == ' ') {
        return i > 0;
      }
      if ((b < 'A' || b > 'Z') && b != '-') {
        return false;
      }
    }
    return available < METHOD_BYTES_MAX;
  }

  private static boolean headerEndsAt(ByteBuf bytes, int start, int offset) {
    return offset >= 2
        && bytes.getByte(start + offset) == '\n'
        && (bytes.getByte(start + offset - 1) == '\n'
            || (bytes.getByte(start + offset - 1) == '\r'
                && bytes.getByte(start + offset - 2) == '\n'));
  }

  private void splice(ChannelHandlerContext context) {
    decided = true;
    if (httpServer.isEmpty()) {
      answerAndClose(context, "501 Not Implemented", "this port serves gRPC only");
      return;
    }
    context.channel().config().setAutoRead(false);
    deadline.cancel(false);
    Splice.open(
        context.channel(),
        httpServer.get(),
        new Splice.Joined() {
          @Override
          public void joined(ChannelInboundHandlerAdapter fromClient) {
            context.pipeline().addAfter(context.name(), null, fromClient);
            context.pipeline().remove(ProtocolSniffer.this);
            context.channel().config().setAutoRead(true);
          }

          @Override
          public void failed(Throwable cause) {
            answerAndClose(
                context, "503 Service Unavailable", "the member is starting or stopping");
          }
        });
  }

  private void refuse(ChannelHandlerContext context) {
    decided = true;
    context.close();
  }

  private void answerAndClose(ChannelHandlerContext context, String status, String text) {
    decided = true;
    String body = text + "\n";
    String answer =
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    context
        .writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
        .addListener(ChannelFutureListener.CLOSE);
  }
}
