package io.holdfast.server.transport;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.util.function.Consumer;

/** How connections between members are protected: the one place that knows about encryption. */
public interface PeerSecurity {
  /**
   * What the peer port asks of those who connect.
   *
   * @param refused told in a sentence who was not let in, and why
   */
  ServerCredentials ofServer(Consumer<String> refused);

  /**
   * Protects a connection as the peer's URL says: a cluster that changes from http to https has
   * members of both kinds for a while.
   */
  void protect(NettyChannelBuilder channel, URI url);

  /** The peer port without protection, for networks that are trusted. */
  static PeerSecurity plaintext() {
    return new PeerSecurity() {
      @Override
      public ServerCredentials ofServer(Consumer<String> refused) {
        return InsecureServerCredentials.create();
      }

      @Override
      public void protect(NettyChannelBuilder channel, URI url) {
        if (isSecure(url)) {
          // Nothing was said about whom to trust, so the system's authorities it is.
          channel.useTransportSecurity();
        } else {
          channel.usePlaintext();
        }
      }
    };
  }

  /** The peer port with TLS. */
  static PeerSecurity tls(PeerCertificates certificates) {
    return new PeerSecurity() {
      @Override
      public ServerCredentials ofServer(Consumer<String> refused) {
        return InternalNettyServerCredentials.create(new TlsNegotiator(certificates, refused));
      }

      @Override
      public void protect(NettyChannelBuilder channel, URI url) {
        protectWith(certificates, channel, url);
      }
    };
  }

  /** The peer port without protection, though other members are called with TLS at https URLs. */
  static PeerSecurity tlsForCallsOnly(PeerCertificates certificates) {
    return new PeerSecurity() {
      @Override
      public ServerCredentials ofServer(Consumer<String> refused) {
        return InsecureServerCredentials.create();
      }

      @Override
      public void protect(NettyChannelBuilder channel, URI url) {
        protectWith(certificates, channel, url);
      }
    };
  }

  private static void protectWith(
      PeerCertificates certificates, NettyChannelBuilder channel, URI url) {
    if (isSecure(url)) {
      channel.sslContext(certificates.client());
    } else {
      channel.usePlaintext();
    }
  }

  private static boolean isSecure(URI url) {
    return "https".equals(url.getScheme());
  }
}
