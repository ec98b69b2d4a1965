package io.holdfast.server.transport;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.server.tls.TlsMaterial;
import java.util.function.Consumer;

/** How connections between members are protected: the one place that knows about encryption. */
public interface PeerSecurity {
  /**
   * What the peer port asks of those who connect.
   *
   * @param refused told in a sentence why somebody was not let in
   */
  ServerCredentials ofServer(Consumer<String> refused);

  void protect(NettyChannelBuilder channel);

  /** No protection: for networks that are trusted. */
  static PeerSecurity plaintext() {
    return new PeerSecurity() {
      @Override
      public ServerCredentials ofServer(Consumer<String> refused) {
        return InsecureServerCredentials.create();
      }

      @Override
      public void protect(NettyChannelBuilder channel) {
        channel.usePlaintext();
      }
    };
  }

  /** TLS, with the newest keys and certificates for each new connection. */
  static PeerSecurity of(TlsMaterial material) {
    return new PeerSecurity() {
      @Override
      public ServerCredentials ofServer(Consumer<String> refused) {
        return InternalNettyServerCredentials.create(new TlsNegotiator(material, refused));
      }

      @Override
      public void protect(NettyChannelBuilder channel) {
        channel.sslContext(material.client());
      }
    };
  }
}
