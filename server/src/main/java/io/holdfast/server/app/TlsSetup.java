package io.holdfast.server.app;

import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.tls.SelfSigned;
import io.holdfast.server.tls.TlsMaterial;
import io.holdfast.server.transport.PeerCertificates;
import io.holdfast.server.transport.PeerSecurity;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What protects this process's connections.
 *
 * @param clients for clients; empty when no URL of theirs asks for it
 * @param peers for the other members; empty when this member has no certificate for them
 * @param peerPortIsProtected whether the other members have to call this one with TLS
 */
record TlsSetup(
    Optional<TlsMaterial> clients, Optional<TlsMaterial> peers, boolean peerPortIsProtected) {
  /** Nothing is protected. */
  static final TlsSetup NONE = new TlsSetup(Optional.empty(), Optional.empty(), false);

  /** Whoever offers both, as browsers and curl do, is given what they use for pages. */
  private static final List<String> CLIENT_PROTOCOLS = List.of("http/1.1", "h2");

  private static final List<String> PEER_PROTOCOLS = List.of("h2");
  private static final String FIXTURES = "fixtures";

  /**
   * Reads the files that the options name.
   *
   * @throws io.holdfast.server.error.StartupException naming the file that is unusable
   */
  static TlsSetup load(ServerOptions options) {
    return new TlsSetup(
        options
            .clientTls()
            .map(
                tls ->
                    TlsMaterial.load(
                        tls,
                        CLIENT_PROTOCOLS,
                        selfSigned(
                            options,
                            "client",
                            clientUrls(options),
                            options.advertiseClientUrls()))),
        options
            .peerTls()
            .map(
                tls ->
                    TlsMaterial.load(
                        tls,
                        PEER_PROTOCOLS,
                        selfSigned(
                            options,
                            "peer",
                            options.listenPeerUrls(),
                            options.initialAdvertisePeerUrls()))),
        options.listenPeerUrls().stream().anyMatch(MemberUrl::isSecure));
  }

  private static List<MemberUrl> clientUrls(ServerOptions options) {
    return Stream.of(
            options.listenClientUrls(), options.listenClientHttpUrls(), options.listenMetricsUrls())
        .flatMap(List::stream)
        .toList();
  }

  /** The peer port as its URLs ask for it. */
  PeerSecurity peerSecurity() {
    if (peers.isPresent() && !peerPortIsProtected) {
      return PeerSecurity.tlsForCallsOnly(certificates(peers.get()));
    }
    return peers
        .map(TlsSetup::certificates)
        .map(PeerSecurity::tls)
        .orElseGet(PeerSecurity::plaintext);
  }

  private static PeerCertificates certificates(TlsMaterial material) {
    return new PeerCertificates() {
      @Override
      public SslHandler serverHandler(
          ByteBufAllocator allocator, SocketAddress caller, long timeoutMillis) {
        return material.serverHandler(allocator, caller, timeoutMillis);
      }

      @Override
      public SslContext client() {
        return material.client();
      }
    };
  }

  private static SelfSigned selfSigned(
      ServerOptions options, String side, List<MemberUrl> listen, List<MemberUrl> advertised) {
    return new SelfSigned(
        options.dataDir().resolve(FIXTURES).resolve(side),
        Stream.concat(listen.stream(), advertised.stream())
            .filter(url -> !url.isUnixSocket())
            .map(MemberUrl::host)
            .toList());
  }
}
