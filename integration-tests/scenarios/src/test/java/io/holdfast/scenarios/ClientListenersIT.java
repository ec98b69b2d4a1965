package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server's listener for clients, within the limits that its flags set. */
@Timeout(180)
class ClientListenersIT {
  private static final int SETTINGS = 4;
  private static final int MAX_CONCURRENT_STREAMS = 3;

  @TempDir Path directory;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void webSocketsAndPagesAreServedWithinTheLimits() throws Exception {
    try (Cluster cluster =
        Cluster.start(
            Flavor.HOLDFAST,
            1,
            directory,
            "--max-request-bytes=200000",
            "--max-concurrent-streams=7")) {
      String endpoint = cluster.member(0).endpoint();
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      WebSocket socket = watch(endpoint, heard);
      assertTrue(next(heard).endsWith("\"created\":true}}"));
      String value = Base64.getEncoder().encodeToString(new byte[150_000]);
      assertEquals(200, put(endpoint, value).statusCode());
      assertTrue(next(heard).contains(value));
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();

      String tooLarge = Base64.getEncoder().encodeToString(new byte[210_000]);
      HttpResponse<String> refusal = put(endpoint, tooLarge);
      assertEquals(400, refusal.statusCode());
      assertTrue(refusal.body().contains("etcdserver: request is too large"), refusal.body());
      assertEquals(7, streamsAllowed(endpoint));
      assertTrue(get(endpoint, "/v3/openapi.json").body().contains("\"/v3/kv/range\""));
      assertTrue(get(endpoint, "/swagger").body().contains("/v3/openapi.json"));
    }
  }

  private WebSocket watch(String endpoint, BlockingQueue<String> heard) {
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          private final StringBuilder message = new StringBuilder();

          @Override
          public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
              heard.add(message.toString());
              message.setLength(0);
            }
            socket.request(1);
            return null;
          }
        };
    WebSocket socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create("ws://" + endpoint + "/v3/watch"), listener)
            .join();
    socket.sendText("{\"create_request\":{\"key\":\"aw==\"}}", true).join();
    return socket;
  }

  private static String next(BlockingQueue<String> heard) throws InterruptedException {
    String message = heard.poll(60, TimeUnit.SECONDS);
    assertTrue(message != null, "nothing was said");
    return message;
  }

  private HttpResponse<String> put(String endpoint, String value) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://" + endpoint + "/v3/kv/put"))
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"key\":\"aw==\",\"value\":\"" + value + "\"}"))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String endpoint, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://" + endpoint + path)).build(),
        BodyHandlers.ofString());
  }

  /** What a gRPC listener tells in its first frame. */
  private static int streamsAllowed(String endpoint) throws IOException {
    String[] hostAndPort = endpoint.split(":");
    try (Socket socket = new Socket(hostAndPort[0], Integer.parseInt(hostAndPort[1]))) {
      socket.setSoTimeout(30_000);
      byte[] hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      socket.getOutputStream().write(hello);
      socket.getOutputStream().write(new byte[] {0, 0, 0, SETTINGS, 0, 0, 0, 0, 0});
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] head = in.readNBytes(9);
      assertEquals(SETTINGS, head[3]);
      ByteBuffer settings = ByteBuffer.wrap(in.readNBytes(head[1] << 8 | head[2] & 0xFF));
      while (settings.hasRemaining()) {
        int id = settings.getShort();
        int value = settings.getInt();
        if (id == MAX_CONCURRENT_STREAMS) {
          return value;
        }
      }
      return Integer.MAX_VALUE;
    }
  }
}
