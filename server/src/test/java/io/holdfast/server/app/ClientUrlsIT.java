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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
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

  private static RangeResponse range(int port) throws InterruptedException {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
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
