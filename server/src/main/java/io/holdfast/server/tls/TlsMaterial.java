package io.holdfast.server.tls;

import io.holdfast.server.error.StartupException;
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
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What protects one kind of connections, made of files. When a file changes, connections that are
 * opened from then on are protected with what it says now; a session of before is not resumed.
 * While the files cannot be used, what they said before stays, and the log says so once.
 * Thread-safe.
 */
public final class TlsMaterial {
  private static final Logger LOG = System.getLogger(TlsMaterial.class.getName());
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int HANDSHAKE_THREADS = 2;
  private static final long IDLE_SECONDS = 5;

  /** Handshakes compute for milliseconds, and look up names: not on the threads of connections. */
  private final Executor handshakes = handshakeThreads();

  private final TlsOptions options;
  private final List<String> protocols;
  private final KeyFiles own;
  private final LongSupplier nanoTime;

  private volatile Contexts contexts;
  private long lookedAtNanos;
  private List<Object> refused = List.of();

  private TlsMaterial(
      TlsOptions options, List<String> protocols, KeyFiles own, LongSupplier nanoTime) {
    this.options = options;
    this.protocols = protocols;
    this.own = own;
    this.nanoTime = nanoTime;
    lookedAtNanos = nanoTime.getAsLong();
    List<Object> state = stateOfFiles();
    contexts = read(state);
  }

  /**
   * Reads the files.
   *
   * @param protocols what may be spoken inside, the preferred one first, for callers that ask
   *     (ALPN)
   * @param selfSigned where this member keeps an identity that it signs itself, when the options
   *     give it none; otherwise not used
   * @throws StartupException naming the file that is unusable, and why
   */
  public static TlsMaterial load(
      TlsOptions options, List<String> protocols, SelfSigned selfSigned) {
    KeyFiles own = options.own().orElseGet(() -> selfSigned.ensure(options.selfSignedYears()));
    return new TlsMaterial(options, protocols, own, System::nanoTime);
  }

  static TlsMaterial load(TlsOptions options, List<String> protocols, LongSupplier nanoTime) {
    return new TlsMaterial(options, protocols, options.own().orElseThrow(), nanoTime);
  }

  /** What a file said when it was read. */
  private record Contexts(List<Object> state, SslContext server, SslContext client) {}

  /** For connections that others open. */
  public SslContext server() {
    return newest().server();
  }

  /** For connections that this member opens. */
  public SslContext client() {
    return newest().client();
  }

  /**
   * The handler of a connection that was opened from an address.
   *
   * @param timeoutMillis how long the handshake may take
   */
  public SslHandler serverHandler(
      ByteBufAllocator allocator, SocketAddress caller, long timeoutMillis) {
    SslContext context = server();
    SslHandler handler =
        caller instanceof InetSocketAddress address
            ? context.newHandler(
                allocator, address.getAddress().getHostAddress(), address.getPort(), handshakes)
            : context.newHandler(allocator, handshakes);
    handler.setHandshakeTimeoutMillis(timeoutMillis);
    return handler;
  }

  private Contexts newest() {
    refresh();
    return contexts;
  }

  private synchronized void refresh() {
    long now = nanoTime.getAsLong();
    if (now - lookedAtNanos < LOOK_NANOS) {
      return;
    }
    lookedAtNanos = now;
    List<Object> state = stateOfFiles();
    if (state.equals(contexts.state()) || state.equals(refused)) {
      return;
    }
    try {
      contexts = read(state);
      refused = List.of();
      LOG.log(Level.INFO, "read the TLS files again, because they have changed");
    } catch (StartupException unusable) {
      refused = state;
      LOG.log(
          Level.WARNING,
          "the TLS files have changed and cannot be used, those of before stay in force: "
              + unusable.getMessage());
    }
  }

  private Contexts read(List<Object> state) {
    try {
      Identity identity = Identity.read(own);
      Identity asClient = options.asClient().map(Identity::read).orElse(identity);
      X509ExtendedTrustManager trust = trust();
      SslContextBuilder server =
          SslContextBuilder.forServer(identity.key(), identity.certificates());
      boolean demands = options.demandsCertificates();
      server.trustManager(trust).clientAuth(demands ? ClientAuth.REQUIRE : ClientAuth.NONE);
      SslContextBuilder client = SslContextBuilder.forClient();
      client.trustManager(options.verifiesServers() ? trust : new TrustEverybody());
      client.keyManager(asClient.key(), asClient.certificates());
      return new Contexts(state, built(server), built(client));
    } catch (GeneralSecurityException | IOException impossible) {
      throw new StartupException("TLS cannot be set up: " + impossible.getMessage(), impossible);
    }
  }

  private SslContext built(SslContextBuilder builder) throws SSLException {
    builder
        .sslProvider(SslProvider.JDK)
        .protocols(
            Arrays.stream(TlsVersion.values())
                .filter(one -> one.compareTo(options.min()) >= 0)
                .filter(one -> one.compareTo(options.max()) <= 0)
                .map(TlsVersion::protocol)
                .toArray(String[]::new))
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                protocols));
    if (!options.cipherSuites().isEmpty()) {
      builder.ciphers(CipherSuites.with(options.cipherSuites(), options.max()));
    }
    return builder.build();
  }

  private X509ExtendedTrustManager trust() throws GeneralSecurityException, IOException {
    KeyStore authorities = null;
    if (options.trustedCa().isPresent()) {
      authorities = KeyStore.getInstance(KeyStore.getDefaultType());
      authorities.load(null, null);
      int number = 0;
      for (X509Certificate one :
          new PemFile("trusted CA", options.trustedCa().get()).certificates()) {
        authorities.setCertificateEntry(String.valueOf(number++), one);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    // Without a store of its own it takes the system's.
    factory.init(authorities);
    Optional<X509CRL> revoked =
        options.revoked().map(file -> new PemFile("revocation list", file).revocations());
    for (TrustManager one : factory.getTrustManagers()) {
      if (one instanceof X509ExtendedTrustManager extended) {
        return new CallerTrust(extended, revoked, options);
      }
    }
    throw new IllegalStateException("every JDK verifies X.509");
  }

  /** Changes whenever a file does: when it was written, how long it is, and which one it is. */
  private List<Object> stateOfFiles() {
    List<Path> files = new ArrayList<>();
    List.of(own, options.asClient().orElse(own))
        .forEach(
            identity -> {
              files.add(identity.certificate());
              files.add(identity.key());
            });
    options.trustedCa().ifPresent(files::add);
    options.revoked().ifPresent(files::add);
    return files.stream().map(TlsMaterial::stateOf).toList();
  }

  private static Object stateOf(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return List.of(now.lastModifiedTime(), now.size(), String.valueOf(now.fileKey()));
    } catch (IOException unreadable) {
      return "unreadable";
    }
  }

  private static Executor handshakeThreads() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            HANDSHAKE_THREADS,
            HANDSHAKE_THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "holdfast-tls");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
