package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.grpc.wire.RawHttp2;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the packaged program asks of connections, by its flags. */
@Timeout(180)
class ConnectionFlagsIT {
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int SETTING_BYTES = 6;
  private static final int GOAWAY_FIELDS_BYTES = 8;

  @TempDir private Path folder;

  private PackagedServer run(int port, String... flags) throws Exception {
    String[] arguments = {
      "server",
      "--data-dir=" + folder.resolve("data"),
      "--listen-client-urls=http://127.0.0.1:" + port,
      "--advertise-client-urls=http://127.0.0.1:" + port,
      "--listen-peer-urls=http://127.0.0.1:0"
    };
    String[] all = Arrays.copyOf(arguments, arguments.length + flags.length);
    System.arraycopy(flags, 0, all, arguments.length, flags.length);
    PackagedServer server = PackagedServer.run(folder, all);
    server.awaitReady();
    return server;
  }

  private static RawHttp2 connect(int port) throws Exception {
    return new RawHttp2(new InetSocketAddress("127.0.0.1", port));
  }

  @Test
  void silentClientsArePingedAndGivenUp() throws Exception {
    int port = PackagedServer.freePort();
    try (PackagedServer server =
            run(port, "--grpc-keepalive-interval=1s", "--grpc-keepalive-timeout=1s");
        RawHttp2 mute = connect(port)) {
      mute.next(RawHttp2.PING);
      Optional<RawHttp2.Frame> next = mute.next();
      while (next.isPresent()) {
        assertTrue(next.get().type() != RawHttp2.PING, "still patient");
        next = mute.next();
      }
      server.terminate();
      assertEquals(0, server.awaitExit());
    }
  }

  @Test
  void streamsAreLimitedAndWhoPingsTooOftenIsSentAway() throws Exception {
    int port = PackagedServer.freePort();
    try (PackagedServer server =
            run(port, "--max-concurrent-streams=7", "--grpc-keepalive-min-time=1h");
        RawHttp2 busy = connect(port)) {
      assertEquals(7, settings(busy.next(RawHttp2.SETTINGS)).get(MAX_CONCURRENT_STREAMS));
      busy.open(1, "/etcdserverpb.Watch/Watch");
      for (int i = 0; i < 10; i++) {
        busy.ping();
      }
      byte[] farewell = busy.next(RawHttp2.GOAWAY).payload();
      while (farewell.length == GOAWAY_FIELDS_BYTES) {
        farewell = busy.next(RawHttp2.GOAWAY).payload();
      }
      assertEquals(
          "too_many_pings",
          new String(
              farewell,
              GOAWAY_FIELDS_BYTES,
              farewell.length - GOAWAY_FIELDS_BYTES,
              StandardCharsets.US_ASCII));
      server.terminate();
      assertEquals(0, server.awaitExit());
    }
  }

  private static Map<Integer, Integer> settings(RawHttp2.Frame frame) {
    Map<Integer, Integer> settings = new HashMap<>();
    ByteBuffer payload = ByteBuffer.wrap(frame.payload());
    while (payload.remaining() >= SETTING_BYTES) {
      settings.put((int) payload.getShort(), payload.getInt());
    }
    return settings;
  }
}
