package io.holdfast.server.grpc.listener;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.mvccpb.KeyValue;
import io.holdfast.server.error.StartupException;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many protocols, and none, on one port. */
@Timeout(180)
class ClientListenerTest {
  private static final String HTTP = "/tmp/holdfast-listener-test";
  private static final long OPENING_TIMEOUT_MILLIS = 3000;
  private static final int STREAM_BYTES = 96 * 1024 * 1024;
  private static final AtomicLong givenBytes = new AtomicLong();
  private static final AtomicLong takenBytes = new AtomicLong();
  private static final CountDownLatch mayTake = new CountDownLatch(1);

  private static Vertx vertx;
  private static ClientListener listener;
  private static InetSocketAddress address;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    vertx
        .createHttpServer(new HttpServerOptions())
        .requestHandler(ClientListenerTest::answer)
        .listen(SocketAddress.domainSocketAddress(HTTP))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    listener =
        ClientListener.start(
            ListenerOptions.defaults(List.of(anyPort(), anyPort()))
                .withHttpServer(HTTP)
                .withOpeningTimeoutMillis(OPENING_TIMEOUT_MILLIS),
            List.of(new Echo().bindService()));
    address = (InetSocketAddress) listener.addresses().get(0);
  }

  @AfterAll
  static void stop() throws Exception {
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void grpcIsServedOnEveryAddress() {
    assertEquals(2, listener.addresses().size());
    for (java.net.SocketAddress each : listener.addresses()) {
      ManagedChannel channel = channel((InetSocketAddress) each);
      try {
        assertEquals("v", put(channel, "v".getBytes()).getPrevKv().getValue().toStringUtf8());
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void http1IsServedOnTheSamePortAndSeesTheClientsAddress() throws IOException {
    try (Socket socket = connect()) {
      send(socket, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n");
      String first = readAnswer(socket);
      assertTrue(first.startsWith("HTTP/1.1 200 "), first);
      assertTrue(first.endsWith("127.0.0.1:" + socket.getLocalPort()), first);
      send(socket, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 200 "), "the connection stays open");
    }
  }

  @Test
  void bytesThatComeOneByOneAreUnderstood() throws Exception {
    try (Socket socket = connect()) {
      socket.setTcpNoDelay(true);
      for (byte b : "POST /who HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".getBytes()) {
        socket.getOutputStream().write(b);
      }
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 200 "));
    }
  }

  @Test
  void aLargeBodyArrivesWhole() throws IOException {
    byte[] body = new byte[3 * 1024 * 1024];
    new Random(7).nextBytes(body);
    try (Socket socket = connect()) {
      send(socket, "POST /echo HTTP/1.0\r\nContent-Length: " + body.length + "\r\n\r\n");
      Thread writer =
          new Thread(
              () -> {
                try {
                  socket.getOutputStream().write(body);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      writer.start();
      byte[] answer = socket.getInputStream().readAllBytes();
      byte[] end = java.util.Arrays.copyOfRange(answer, answer.length - body.length, answer.length);
      assertArrayEquals(body, end);
    }
  }

  @Test
  void aSlowReaderStopsTheServerFromProducing() throws Exception {
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(16 * 1024);
      socket.connect(address);
      send(socket, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
      long before;
      long now = -1;
      do {
        before = now;
        Thread.sleep(300);
        now = givenBytes.get();
      } while (now != before || now == 0);
      assertTrue(now < STREAM_BYTES, "the server went on to " + now + " bytes");
      long read = 0;
      byte[] chunk = new byte[64 * 1024];
      InputStream in = socket.getInputStream();
      while (read < now + 1024 * 1024) {
        int n = in.read(chunk);
        assertTrue(n > 0, "the answer ended after " + read);
        read += n;
      }
      assertTrue(givenBytes.get() > now, "reading lets the server go on");
    }
  }

  @Test
  void aServerThatDoesNotReadStopsTheClient() throws Exception {
    try (Socket socket = connect()) {
      socket.setSendBufferSize(16 * 1024);
      send(
          socket, "POST /lazy HTTP/1.1\r\nHost: a\r\nContent-Length: " + STREAM_BYTES + "\r\n\r\n");
      AtomicLong sent = new AtomicLong();
      Thread writer =
          new Thread(
              () -> {
                byte[] chunk = new byte[16 * 1024];
                try {
                  while (sent.get() < STREAM_BYTES) {
                    socket.getOutputStream().write(chunk);
                    sent.addAndGet(chunk.length);
                  }
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      writer.start();
      long before;
      long now = -1;
      do {
        before = now;
        Thread.sleep(300);
        now = sent.get();
      } while (now != before || now == 0);
      assertTrue(now < STREAM_BYTES, "the whole body was accepted");
      mayTake.countDown();
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 200 "));
      assertEquals(STREAM_BYTES, takenBytes.get());
      writer.join();
    }
  }

  @Test
  void garbageIsClosedAtOnce() throws IOException {
    for (byte[] garbage :
        List.of(
            new byte[] {0x16, 3, 1, 0, 5},
            "hello\r\n\r\n".getBytes(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\377\377\377\4\0\0\0\0\0"
                .getBytes(StandardCharsets.ISO_8859_1),
            "A".repeat(100).getBytes())) {
      try (Socket socket = connect()) {
        socket.getOutputStream().write(garbage);
        assertEquals(-1, readOrReset(socket));
      }
    }
  }

  @Test
  void aHeaderWithoutEndIsRefused() throws IOException {
    try (Socket socket = connect()) {
      send(socket, "GET / HTTP/1.1\r\nX: " + "x".repeat(40_000));
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 431 "));
    }
  }

  @Test
  void theSilentAndTheSlowAreClosedWhileOthersAreServed() throws Exception {
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      silent.add(connect());
    }
    try (Socket slowHttp = connect();
        Socket slowGrpc = connect()) {
      send(slowHttp, "GET / HTTP/1.1\r\nHost:");
      send(slowGrpc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      ManagedChannel channel = channel(address);
      try {
        assertEquals("v", put(channel, "v".getBytes()).getPrevKv().getValue().toStringUtf8());
      } finally {
        channel.shutdownNow();
      }
      assertEquals(-1, readOrReset(slowHttp));
      assertEquals(-1, readOrReset(slowGrpc));
      for (Socket socket : silent) {
        assertEquals(-1, readOrReset(socket));
        socket.close();
      }
    }
  }

  @Test
  void aConnectionThatSpokeInTimeOutlivesTheDeadline() throws Exception {
    ManagedChannel channel = channel(address);
    try (Socket socket = connect()) {
      send(socket, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n");
      readAnswer(socket);
      put(channel, new byte[1]);
      try (Socket silent = connect()) {
        assertEquals(-1, readOrReset(silent), "the deadline of a later connection has passed");
      }
      send(socket, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 200 "));
      put(channel, new byte[1]);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void anOversizeMessageIsRefused() {
    ManagedChannel channel = channel(address);
    try {
      StatusRuntimeException refusal =
          assertThrows(
              StatusRuntimeException.class, () -> put(channel, new byte[2 * 1024 * 1024 + 1]));
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, refusal.getStatus().getCode());
      put(channel, new byte[2 * 1024 * 1024 - 1024]);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void anAddressInUseIsNamed() {
    StartupException refusal =
        assertThrows(
            StartupException.class,
            () -> ClientListener.start(ListenerOptions.defaults(List.of(address)), List.of()));
    assertTrue(
        refusal.getMessage().contains("127.0.0.1:" + address.getPort()), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("choose another"), refusal.getMessage());
    assertEquals(1, refusal.getMessage().lines().count());
  }

  @Test
  void withoutAnHttpServerItSaysSo() throws IOException {
    try (ClientListener bare =
            ClientListener.start(
                ListenerOptions.defaults(List.of(anyPort())).withHttpServer("/tmp/nobody"),
                List.of());
        Socket socket = new Socket()) {
      socket.connect(bare.addresses().get(0));
      send(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(readAnswer(socket).startsWith("HTTP/1.1 503 "));
    }
  }

  private static void answer(HttpServerRequest request) {
    switch (request.path()) {
      case "/who" ->
          request
              .response()
              .end(request.remoteAddress().hostAddress() + ":" + request.remoteAddress().port());
      case "/echo" -> request.body().onSuccess(body -> request.response().end(body));
      case "/endless" -> {
        request.response().setChunked(true);
        request.response().drainHandler(drained -> produce(request));
        produce(request);
      }
      case "/lazy" -> {
        request.pause();
        request.handler(chunk -> takenBytes.addAndGet(chunk.length()));
        request.endHandler(ended -> request.response().end("done"));
        Thread releaser =
            new Thread(
                () -> {
                  try {
                    mayTake.await();
                  } catch (InterruptedException e) {
                    return;
                  }
                  vertx.runOnContext(run -> request.resume());
                });
        releaser.setDaemon(true);
        releaser.start();
      }
      default -> request.response().setStatusCode(404).end();
    }
  }

  private static void produce(HttpServerRequest request) {
    while (!request.response().writeQueueFull() && givenBytes.get() < STREAM_BYTES) {
      givenBytes.addAndGet(16 * 1024);
      request.response().write(Buffer.buffer(new byte[16 * 1024]));
    }
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static ManagedChannel channel(InetSocketAddress to) {
    return NettyChannelBuilder.forAddress(to)
        .usePlaintext()
        .maxInboundMessageSize(8 * 1024 * 1024)
        .build();
  }

  private static PutResponse put(ManagedChannel channel, byte[] value) {
    return KVGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .put(PutRequest.newBuilder().setValue(ByteString.copyFrom(value)).build());
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(address);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static int readOrReset(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read();
    } catch (java.net.SocketException reset) {
      return -1;
    }
  }

  /** Reads a header and as much of a body as it announces. */
  private static String readAnswer(Socket socket) throws IOException {
    StringBuilder answer = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (answer.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      assertTrue(b >= 0, "closed after: " + answer);
      answer.append((char) b);
    }
    String lower = answer.toString().toLowerCase(java.util.Locale.ROOT);
    int at = lower.indexOf("content-length: ");
    int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)).trim());
    answer.append(new String(in.readNBytes(length), StandardCharsets.US_ASCII));
    return answer.toString();
  }

  /** Answers a put with its own value. */
  private static final class Echo extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      observer.onNext(
          PutResponse.newBuilder()
              .setPrevKv(KeyValue.newBuilder().setValue(request.getValue()))
              .build());
      observer.onCompleted();
    }
  }
}
