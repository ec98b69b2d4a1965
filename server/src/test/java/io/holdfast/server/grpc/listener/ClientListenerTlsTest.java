package io.holdfast.server.grpc.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.server.ops.SparseLog;
import io.holdfast.server.tls.KeyFiles;
import io.holdfast.server.tls.TestAuthority;
import io.holdfast.server.tls.TlsMaterial;
import io.holdfast.server.tls.TlsOptions;
import io.holdfast.server.tls.TlsVersion;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same protocols as without TLS, and who is let in. */
@Timeout(120)
class ClientListenerTlsTest {
  private static final String HTTP = "/tmp/holdfast-listener-tls-test";
  private static final long OPENING_TIMEOUT_MILLIS = 2000;
  private static final List<String> PROTOCOLS = List.of("http/1.1", "h2");

  @TempDir static Path directory;
  private static Vertx vertx;
  private static TestAuthority authority;
  private static KeyFiles own;
  private static KeyFiles known;
  private static KeyFiles revoked;
  private static ClientListener open;
  private static ClientListener guarded;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    vertx
        .createHttpServer(new HttpServerOptions())
        .requestHandler(request -> request.response().end("page"))
        .listen(SocketAddress.domainSocketAddress(HTTP))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    authority = new TestAuthority(directory, "authority");
    own = authority.issue("server", "server", "localhost", "127.0.0.1");
    known = authority.issue("known", "known", "client.example");
    revoked = authority.issue("revoked", "revoked", "client.example");
    open = listener(TlsOptions.ofServer(own));
    guarded =
        listener(
            new TlsOptions(
                Optional.of(own),
                Optional.empty(),
                Optional.of(authority.authorityFile()),
                true,
                Optional.of(authority.revoke("revoked.crl", revoked)),
                List.of(),
                List.of("client.example"),
                false,
                true,
                List.of(),
                TlsVersion.TLS_1_2,
                TlsVersion.TLS_1_3,
                1));
  }

  private static ClientListener listener(TlsOptions options) {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return ClientListener.start(
        ListenerOptions.defaults(List.of(anyPort))
            .withHttpServer(HTTP)
            .withTls(TlsMaterial.load(options, PROTOCOLS, null))
            .withOpeningTimeoutMillis(OPENING_TIMEOUT_MILLIS),
        List.of(new Echo().bindService()));
  }

  @AfterAll
  static void stop() throws Exception {
    open.close();
    guarded.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void grpcAndPagesAreServedOnOnePort() throws Exception {
    assertEquals(Status.Code.OK, call(open, Optional.empty()));
    assertTrue(page(open, Optional.empty()).startsWith("HTTP/1.1 200 "));
  }

  @ParameterizedTest
  @CsvSource({"h2;http/1.1, http/1.1", "http/1.1, http/1.1", "h2, h2", "'', ''", "spdy, ''"})
  void whoOffersBothIsGivenHttp1(String offered, String chosen) throws Exception {
    try (SSLSocket socket = connect(open, Optional.empty())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(offered.isEmpty() ? new String[0] : offered.split(";"));
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      assertEquals(chosen, socket.getApplicationProtocol());
    }
  }

  @Test
  void whoeverShowsAKnownCertificateIsServed() throws Exception {
    assertEquals(Status.Code.OK, call(guarded, Optional.of(known)));
    assertTrue(page(guarded, Optional.of(known)).startsWith("HTTP/1.1 200 "));
  }

  @Test
  void noCertificateIsRefused() {
    assertRefused(Optional.empty());
  }

  @Test
  void aRevokedCertificateIsRefused() {
    assertRefused(Optional.of(revoked));
  }

  @Test
  void aCertificateOfAnotherAuthorityIsRefused() {
    Path elsewhere = directory.resolve("elsewhere");
    assertTrue(elsewhere.toFile().mkdir());
    TestAuthority foreign = new TestAuthority(elsewhere, "authority");
    assertRefused(Optional.of(foreign.issue("foreign", "known", "client.example")));
  }

  @Test
  void anExpiredCertificateIsRefused() {
    assertRefused(Optional.of(authority.issueExpired("expired", "known", "client.example")));
  }

  @Test
  void aCertificateForAnotherHostIsRefused() {
    assertRefused(Optional.of(authority.issue("other", "known", "other.example")));
  }

  private static void assertRefused(Optional<KeyFiles> shown) {
    assertEquals(Status.Code.UNAVAILABLE, call(guarded, shown));
    assertThrows(IOException.class, () -> page(guarded, shown));
  }

  @Test
  void plaintextIsNotAnsweredWhereTlsIsSpoken() throws IOException {
    InetSocketAddress address = (InetSocketAddress) open.addresses().get(0);
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes());
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void silentSocketsAreClosedWhileOthersAreServed() throws Exception {
    InetSocketAddress address = (InetSocketAddress) guarded.addresses().get(0);
    Socket[] silent = new Socket[200];
    for (int i = 0; i < silent.length; i++) {
      silent[i] = new Socket(address.getAddress(), address.getPort());
      // Half of them begin a handshake and say no more.
      if (i % 2 == 0) {
        silent[i].getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1});
      }
    }
    assertEquals(Status.Code.OK, call(guarded, Optional.of(known)));
    for (Socket socket : silent) {
      socket.setSoTimeout((int) OPENING_TIMEOUT_MILLIS * 10);
      assertEquals(-1, socket.getInputStream().read());
      socket.close();
    }
  }

  @Test
  void aRenewedCertificateIsShownToTheNextConnection() throws Exception {
    KeyFiles files = authority.issue("renewed", "first", "localhost", "127.0.0.1");
    try (ClientListener renewing = listener(TlsOptions.ofServer(files))) {
      assertEquals("CN=first", subject(renewing));
      authority.issue("renewed", "second", "localhost", "127.0.0.1");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (!subject(renewing).equals("CN=second")) {
        assertTrue(System.nanoTime() < end, "still the first certificate");
      }
    }
  }

  private static String subject(ClientListener listener) throws Exception {
    try (SSLSocket socket = connect(listener, Optional.empty())) {
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  @Test
  void refusalsAreSaidOnceASecondAndCounted() {
    List<String> lines = new ArrayList<>();
    RefusedHandshakes refusals = new RefusedHandshakes(new SparseLog(lines::add));
    for (int i = 0; i < 50; i++) {
      refusals.refused(null, new SSLException("outer", new IOException("the reason")));
    }
    assertTrue(lines.size() < 50, lines::toString);
    assertTrue(lines.get(0).endsWith(": the reason"), lines::toString);
    List<String> plaintext = new ArrayList<>();
    new RefusedHandshakes(new SparseLog(plaintext::add))
        .refused(null, new NotSslRecordException("not an SSL/TLS record: 63616e617279"));
    assertTrue(plaintext.get(0).contains("does not speak TLS"), plaintext::toString);
    assertFalse(plaintext.get(0).contains("63616e"), "what was sent is shown");
  }

  private static Status.Code call(ClientListener listener, Optional<KeyFiles> shown) {
    InetSocketAddress address = (InetSocketAddress) listener.addresses().get(0);
    ManagedChannel channel = null;
    try {
      SslContextBuilder context =
          GrpcSslContexts.forClient().trustManager(authority.authorityFile().toFile());
      shown.ifPresent(
          files -> context.keyManager(files.certificate().toFile(), files.key().toFile()));
      channel =
          NettyChannelBuilder.forAddress("127.0.0.1", address.getPort())
              .sslContext(context.build())
              .build();
      KVGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .put(PutRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException failed) {
      return failed.getStatus().getCode();
    } catch (SSLException e) {
      throw new IllegalStateException(e);
    } finally {
      if (channel != null) {
        channel.shutdownNow();
      }
    }
  }

  private static String page(ClientListener listener, Optional<KeyFiles> shown) throws Exception {
    try (SSLSocket socket = connect(listener, shown)) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".getBytes());
      byte[] answer = socket.getInputStream().readAllBytes();
      if (answer.length == 0) {
        throw new IOException("closed without an answer");
      }
      return new String(answer);
    }
  }

  private static SSLSocket connect(ClientListener listener, Optional<KeyFiles> shown)
      throws Exception {
    InetSocketAddress address = (InetSocketAddress) listener.addresses().get(0);
    SSLContext context = clientContext(shown);
    SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(address.getAddress(), address.getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static SSLContext clientContext(Optional<KeyFiles> shown) throws Exception {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(authority.authorityFile().toFile());
    shown.ifPresent(
        files -> builder.keyManager(files.certificate().toFile(), files.key().toFile()));
    return ((JdkSslContext) builder.build()).context();
  }

  /** Answers every put. */
  private static final class Echo extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> answer) {
      answer.onNext(PutResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
