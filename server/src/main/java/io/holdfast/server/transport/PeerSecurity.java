package io.holdfast.server.transport;

import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;

/** How connections between members are protected: the one place that knows about encryption. */
public interface PeerSecurity {
  void protect(NettyServerBuilder server);

  void protect(NettyChannelBuilder channel);

  /** No protection: for networks that are trusted. */
  static PeerSecurity plaintext() {
    return new PeerSecurity() {
      @Override
      public void protect(NettyServerBuilder server) {
        // A server speaks plaintext unless told otherwise.
      }

      @Override
      public void protect(NettyChannelBuilder channel) {
        channel.usePlaintext();
      }
    };
  }
}
