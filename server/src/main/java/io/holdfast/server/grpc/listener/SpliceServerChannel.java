package io.holdfast.server.grpc.listener;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;

/**
 * The HTTP server's side of connections inside the process. Netty's local channels hand buffers
 * over without any limit; the channels made here also keep the books of a {@link Splice}, so that a
 * slow reader on one side slows the writer on the other.
 */
final class SpliceServerChannel extends LocalServerChannel {
  @Override
  protected LocalChannel newLocalChannel(LocalChannel peer) {
    if (!(peer instanceof Splice.OuterChannel outer)) {
      throw new IllegalStateException("a connection that does not come from the client port");
    }
    InnerChannel channel = new InnerChannel(this, outer);
    outer.splice().innerIs(channel);
    channel.pipeline().addFirst(new Books(outer.splice()));
    return channel;
  }

  /** The accepted end; exists because a local channel's constructor is protected. */
  private static final class InnerChannel extends LocalChannel {
    InnerChannel(LocalServerChannel parent, LocalChannel peer) {
      super(parent, peer);
    }
  }

  /** Tells the splice what the HTTP server has taken in and what it gives out. */
  private static final class Books extends ChannelDuplexHandler {
    private final Splice splice;

    Books(Splice splice) {
      this.splice = splice;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      int bytes = message instanceof ByteBuf buffer ? buffer.readableBytes() : 0;
      super.channelRead(context, message);
      splice.requestTaken(bytes);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
        throws Exception {
      boolean full =
          message instanceof ByteBuf buffer && splice.responseGiven(buffer.readableBytes());
      super.write(context, message, promise);
      if (full) {
        // Netty would tell it in a later task; a writer that loops needs to know at once.
        context.fireChannelWritabilityChanged();
      }
    }
  }
}
