package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.server.app.PackagedServer.Ended;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the packaged program serves which clients, by its flags. */
@Timeout(180)
class ClientUrlsIT {
  private static final String PUT = "{\"key\":\"aw==\",\"value\":\"dg==\"}";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir private Path folder;

  @Test
  void anAddressOfItsOwnForHttpTakesHttpFromTheOther() throws Exception {
    int grpcPort = PackagedServer.freePort();
    int httpPort = PackagedServer.freePort();
    try (PackagedServer server =
        PackagedServer.run(
            folder,
            "server",
            "--data-dir=" + folder.resolve("data"),
            "--listen-client-urls=http://127.0.0.1:" + grpcPort,
            "--listen-client-http-urls=http://127.0.0.1:" + httpPort,
            "--advertise-client-urls=http://127.0.0.1:" + grpcPort,
            "--listen-peer-urls=http://127.0.0.1:0")) {
      server.awaitReady();
      assertEquals(200, post(httpPort, "/v3/kv/put", PUT).statusCode());
      assertTrue(get(httpPort, "/health").body().contains("\"health\":\"true\""));
      assertTrue(get(httpPort, "/metrics").body().contains("etcd_server_has_leader"));
      RangeResponse answer = range(grpcPort);
      assertEquals("v", answer.getKvs(0).getValue().toStringUtf8());

      HttpResponse<String> refused = post(grpcPort, "/v3/kv/put", PUT);
      assertEquals(501, refused.statusCode());
      assertEquals("this port serves gRPC only\n", refused.body());
      assertEquals(501, get(grpcPort, "/health").statusCode());
      assertThrows(StatusRuntimeException.class, () -> range(httpPort));
      assertEquals(1, range(grpcPort).getKvs(0).getVersion());
      server.terminate();
      assertEquals(0, server.awaitExit());
    }
  }

  @Test
  void pagesAreServedToWhomTheFlagsName() throws Exception {
    int port = PackagedServer.freePort();
    try (PackagedServer server =
        PackagedServer.run(
            folder,
            "server",
            "--data-dir=" + folder.resolve("data"),
            "--listen-client-urls=http://127.0.0.1:" + port,
            "--advertise-client-urls=http://127.0.0.1:" + port,
            "--listen-peer-urls=http://127.0.0.1:0",
            "--cors=https://console.example:443",
            "--host-whitelist=localhost",
            "--enable-grpc-gateway=false")) {
      server.awaitReady();
      for (String path : List.of("/health", "/metrics", "/q/health/ready", "/api/v1/keys")) {
        assertEquals(421, get(port, path).statusCode(), path);
      }
      HttpResponse<String> health =
          http.send(
              HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health"))
                  .header("Origin", "https://console.example")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, health.statusCode());
      assertEquals(
          "https://console.example",
          health.headers().firstValue("Access-Control-Allow-Origin").orElse("none"));
      HttpRequest put =
          HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/v3/kv/put"))
              .POST(HttpRequest.BodyPublishers.ofString(PUT))
              .build();
      assertEquals(404, http.send(put, HttpResponse.BodyHandlers.ofString()).statusCode());
      assertEquals(0, range(port).getKvsCount(), "gRPC is served all the same");
    }
  }

  @Test
  void aUnixSocketIsServedLikeAPort() throws Exception {
    Path socket = folder.resolve("clients.sock");
    String[] arguments = onSocket("data", socket);
    try (PackagedServer server = PackagedServer.run(folder, arguments)) {
      server.awaitReady();
      assertTrue(onSocket(socket, PUT).startsWith("HTTP/1.1 200 "));
      assertEquals("v", range(socket).getKvs(0).getValue().toStringUtf8());
      assertEquals("rw-------", permissions(socket));

      Ended second = PackagedServer.runToEnd(folder, onSocket("second", socket));
      assertEquals(1, second.exitCode());
      assertTrue(second.errorLines().toString().contains("another process listens there"));
      assertTrue(Files.notExists(folder.resolve("second")));
      assertEquals(1, range(socket).getKvsCount());
      server.kill();
    }
    assertTrue(Files.exists(socket), "nothing stale to replace");
    try (PackagedServer again = PackagedServer.run(folder, arguments)) {
      again.awaitReady();
      assertTrue(onSocket(socket, PUT).startsWith("HTTP/1.1 200 "));
      assertEquals(2, range(socket).getKvs(0).getVersion());
      again.terminate();
      assertEquals(0, again.awaitExit());
      assertEquals(List.of(), again.plainErrorLines());
    }
    assertTrue(Files.notExists(socket), "the socket is left");
  }

  @Test
  void aFileThatIsNoSocketIsKept() throws Exception {
    Path file = Files.writeString(folder.resolve("notes.txt"), "precious");
    Ended refused = PackagedServer.runToEnd(folder, onSocket("data", file));
    assertEquals(1, refused.exitCode());
    assertTrue(refused.errorLines().toString().contains("which is no socket"));
    assertEquals("precious", Files.readString(file));
    assertTrue(Files.notExists(folder.resolve("data")));
  }

  private String[] onSocket(String data, Path socket) {
    return new String[] {
      "server",
      "--data-dir=" + folder.resolve(data),
      "--listen-client-urls=unix://" + socket,
      "--advertise-client-urls=unix://" + socket,
      "--listen-peer-urls=http://127.0.0.1:0"
    };
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** The answer to a put over HTTP/1.1. */
  private static String onSocket(Path socket, String json) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      String request =
          "POST /v3/kv/put HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
              + json.length()
              + "\r\n\r\n"
              + json;
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      InputStream answer = Channels.newInputStream(channel);
      return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static RangeResponse range(Path socket) throws InterruptedException {
    NioEventLoopGroup loop = new NioEventLoopGroup(1);
    try {
      return range(
          NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
              .overrideAuthority("localhost")
              .channelType(NioDomainSocketChannel.class)
              .eventLoopGroup(loop));
    } finally {
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
  }

  private static RangeResponse range(int port) throws InterruptedException {
    return range(NettyChannelBuilder.forAddress("127.0.0.1", port));
  }

  private static RangeResponse range(NettyChannelBuilder server) throws InterruptedException {
    ManagedChannel channel = server.usePlaintext().build();
    try {
      return KVGrpc.newBlockingStub(channel)
          .withDeadlineAfter(60, TimeUnit.SECONDS)
          .range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build());
    } finally {
      channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
    }
  }

  private HttpResponse<String> post(int port, String path, String json) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(BodyPublishers.ofString(json))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(int port, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        BodyHandlers.ofString());
  }
}
