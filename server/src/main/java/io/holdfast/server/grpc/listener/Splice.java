package io.holdfast.server.grpc.listener;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One HTTP/1.1 connection of the client port, joined with one inside the process.
 *
 * <p>Three channels take part: the client's socket and our outer end, both on the socket's event
 * loop, and the HTTP server's inner end on one of its own loops. Two counters hold the bytes under
 * way in either direction; above a high mark the source is told to pause, below a low mark to go
 * on. So neither an endless request nor a client that reads slowly can fill the memory.
 */
final class Splice {
  private static final long HIGH_BYTES = 256 * 1024;
  private static final long LOW_BYTES = 64 * 1024;
  private static final int WRITABILITY_INDEX = 1;

  private final Channel socket;
  private final OuterChannel outer = new OuterChannel(this);
  private final AtomicLong requestBytes = new AtomicLong();
  private final AtomicLong responseBytes = new AtomicLong();
  private volatile Channel inner;

  /** Writes start here: the pipeline's end belongs to gRPC, which holds back what is not HTTP/2. */
  private ChannelHandlerContext socketContext;

  private Splice(Channel socket) {
    this.socket = socket;
  }

  /**
   * Connects the socket to the HTTP server. The caller has stopped reading from the socket.
   *
   * @param whenJoined called on the socket's event loop: with the handler that takes the socket's
   *     bytes from then on, or with the reason why there is no server
   */
  static void open(Channel socket, LocalAddress server, Joined whenJoined) {
    Splice splice = new Splice(socket);
    new Bootstrap()
        .group(socket.eventLoop())
        .channelFactory(() -> splice.outer)
        .handler(splice.new FromServer())
        .connect(server, InProcessTransport.clientAddress(socket.remoteAddress()))
        .addListener(
            connected -> {
              if (connected.isSuccess() && !socket.isActive()) {
                splice.outer.close();
              } else if (connected.isSuccess()) {
                whenJoined.joined(splice.new FromClient());
              } else {
                whenJoined.failed(connected.cause());
              }
            });
  }

  /** What became of an attempt to join. */
  interface Joined {
    void joined(ChannelInboundHandlerAdapter fromClient);

    void failed(Throwable cause);
  }

  void innerIs(Channel channel) {
    inner = channel;
  }

  /** The HTTP server has taken in bytes of a request. */
  void requestTaken(int bytes) {
    long left = requestBytes.addAndGet(-bytes);
    if (left <= LOW_BYTES && left + bytes > LOW_BYTES) {
      socket.eventLoop().execute(this::resumeSocket);
    }
  }

  /**
   * The HTTP server, on its event loop, gives out bytes of a response.
   *
   * @return whether it should stop for now
   */
  boolean responseGiven(int bytes) {
    long total = responseBytes.addAndGet(bytes);
    if (total > HIGH_BYTES && inner.isWritable()) {
      setInnerWritable(false);
      return true;
    }
    return false;
  }

  private void responseSent(int bytes) {
    long left = responseBytes.addAndGet(-bytes);
    Channel channel = inner;
    if (left <= LOW_BYTES && left + bytes > LOW_BYTES && channel != null) {
      channel.eventLoop().execute(this::resumeInner);
    }
  }

  private void resumeSocket() {
    if (requestBytes.get() <= LOW_BYTES) {
      socket.config().setAutoRead(true);
    }
  }

  private void resumeInner() {
    if (responseBytes.get() <= LOW_BYTES) {
      setInnerWritable(true);
    }
  }

  private void setInnerWritable(boolean writable) {
    ChannelOutboundBuffer buffer = inner.unsafe().outboundBuffer();
    if (buffer != null) {
      buffer.setUserDefinedWritability(WRITABILITY_INDEX, writable);
    }
  }

  /** Our end inside the process; carries its splice to where the connection is accepted. */
  static final class OuterChannel extends LocalChannel {
    private final Splice splice;

    private OuterChannel(Splice splice) {
      this.splice = splice;
    }

    Splice splice() {
      return splice;
    }
  }

  /** On the socket: hands a request's bytes to the HTTP server. */
  private final class FromClient extends ChannelInboundHandlerAdapter {
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      socketContext = context;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (!outer.isActive()) {
        ReferenceCountUtil.release(message);
        return;
      }
      long total = requestBytes.addAndGet(((ByteBuf) message).readableBytes());
      outer.writeAndFlush(message);
      if (total > HIGH_BYTES) {
        context.channel().config().setAutoRead(false);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      outer.close();
      super.channelInactive(context);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The socket is broken (mostly: reset by the client); closing it closes the other end.
      context.close();
    }
  }

  /** On our outer end: hands a response's bytes to the client. */
  private final class FromServer extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      int bytes = ((ByteBuf) message).readableBytes();
      socketContext.write(message).addListener(written -> responseSent(bytes));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      socketContext.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      socketContext.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
