package io.holdfast.server.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.math.BigInteger;
import java.net.SocketAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Signs certificates of members, which live in memory only. */
final class PeerAuthority {
  private static final Duration DAY = Duration.ofDays(1);
  private static final AtomicLong SERIALS = new AtomicLong();

  private final String name;
  private final KeyPair pair = newPair();
  private final X509Certificate certificate;

  PeerAuthority(String name) throws Exception {
    this.name = name;
    certificate = sign(name, pair, Instant.now().plus(DAY), null);
  }

  /** What a member shows, which demands a certificate of the same authority of all others. */
  Shown member(String host) throws Exception {
    return member(host, Instant.now().plus(DAY));
  }

  Shown member(String host, Instant until) throws Exception {
    KeyPair own = newPair();
    X509Certificate signed = sign("member", own, until, host);
    return new Shown(own, signed, certificate);
  }

  private X509Certificate sign(String subject, KeyPair of, Instant until, String host)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=" + name),
            BigInteger.valueOf(SERIALS.incrementAndGet()),
            Date.from(Instant.now().minus(DAY.multipliedBy(2))),
            Date.from(until),
            new X500Name("CN=" + subject),
            of.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(host == null));
    if (host != null) {
      boolean address = Character.isDigit(host.charAt(0));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host)));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
  }

  private static KeyPair newPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A member's key, its certificate and whom it believes. */
  record Shown(KeyPair pair, X509Certificate own, X509Certificate authority) {
    private SslContext context(SslContextBuilder builder) throws Exception {
      return builder
          .sslProvider(SslProvider.JDK)
          .trustManager(authority)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  "h2"))
          .build();
    }

    private SslContext server() throws Exception {
      return context(
          SslContextBuilder.forServer(pair.getPrivate(), own).clientAuth(ClientAuth.REQUIRE));
    }

    private SslContext client() throws Exception {
      return context(SslContextBuilder.forClient().keyManager(pair.getPrivate(), own));
    }
  }

  /** What a member shows now; can be replaced while it runs. */
  static final class Replaceable implements PeerCertificates {
    private volatile SslContext server;
    private volatile SslContext client;

    Replaceable(Shown shown) throws Exception {
      replace(shown);
    }

    void replace(Shown shown) throws Exception {
      server = shown.server();
      client = shown.client();
    }

    @Override
    public SslHandler serverHandler(
        ByteBufAllocator allocator, SocketAddress caller, long timeoutMillis) {
      SslHandler handler = server.newHandler(allocator);
      handler.setHandshakeTimeoutMillis(timeoutMillis);
      return handler;
    }

    @Override
    public SslContext client() {
      return client;
    }
  }
}
