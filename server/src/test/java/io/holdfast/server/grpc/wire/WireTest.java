package io.holdfast.server.grpc.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.grpc.LiveMember;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients may do wrong on the wire: each is told so, and the next call is served. */
@Timeout(120)
class WireTest {
  private static final String RANGE = "/etcdserverpb.KV/Range";
  private static final String PUT = "/etcdserverpb.KV/Put";
  private static final String WATCH = "/etcdserverpb.Watch/Watch";
  private static final byte[] RANGE_OF_A =
      RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("a")).build().toByteArray();

  private static final int PROTOCOL_ERROR = 1;
  private static final int FRAME_SIZE_ERROR = 6;
  private static final int REFUSED_STREAM = 7;
  private static final int ENHANCE_YOUR_CALM = 11;

  @TempDir static Path directory;
  private static LiveMember member;
  private RawHttp2 wire;

  @BeforeAll
  static void start() throws Exception {
    member =
        LiveMember.start(
            directory,
            options -> options.withConcurrentStreamsMax(3).withKeepAlive(3600, 7200, 20));
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @BeforeEach
  void connect() throws IOException {
    wire = new RawHttp2(member.address());
  }

  @AfterEach
  void hangUp() throws IOException {
    wire.close();
  }

  @Test
  void aClientVersionThatIsNoTextIsRefusedOnCallsAndStreams() throws IOException {
    byte[][] malformed = {{'3', '.', (byte) 0xff}, {(byte) 0xc3}, {(byte) 0xed, (byte) 0xa0, 'x'}};
    int stream = 1;
    for (byte[] version : malformed) {
      for (String path : new String[] {RANGE, WATCH}) {
        wire.open(stream, path, RawHttp2.ascii("client-api-version"), version);
        wire.message(stream, RANGE_OF_A, true);
        refused(EtcdError.INVALID_CLIENT_API_VERSION, wire.answer(stream));
        stream += 2;
      }
    }
    for (String version : new String[] {"3.6.1", "", "drei\u00dfig"}) {
      wire.open(
          stream,
          RANGE,
          RawHttp2.ascii("client-api-version"),
          version.getBytes(StandardCharsets.UTF_8));
      wire.message(stream, RANGE_OF_A, true);
      assertEquals(0, wire.answer(stream).grpcStatus());
      stream += 2;
    }
  }

  @Test
  void anotherContentTypeIsRefused() throws IOException {
    int stream = 1;
    for (String type : new String[] {"application/json", "text/plain", "application/grpcx"}) {
      wire.open(stream, RANGE, type);
      wire.message(stream, RANGE_OF_A, true);
      RawHttp2.Answer answer = wire.answer(stream);
      assertEquals("415", answer.headers().get(":status"), answer.headers().toString());
      assertServed(stream + 2);
      stream += 4;
    }
  }

  @Test
  void anUnknownMethodIsNamed() throws IOException {
    wire.open(1, "/etcdserverpb.KV/Nothing");
    wire.message(1, RANGE_OF_A, true);
    RawHttp2.Answer answer = wire.answer(1);
    assertEquals(Status.Code.UNIMPLEMENTED.value(), answer.grpcStatus());
    assertTrue(answer.grpcMessage().contains("etcdserverpb.KV/Nothing"), answer.grpcMessage());
    assertServed(3);
  }

  @Test
  void aMessageThatIsNoMessageIsRefused() throws IOException {
    wire.open(1, RANGE);
    wire.message(1, new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff}, true);
    notOk(wire.answer(1));
    assertServed(3);
    wire.open(5, RANGE);
    wire.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 5, new byte[] {0, 0, 0, 0, 100, 1, 2, 3, 4, 5});
    notOk(wire.answer(5));
    assertServed(7);
    wire.open(9, RANGE);
    wire.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 9, new byte[] {7, 0, 0, 0, 0});
    notOk(wire.answer(9));
    assertServed(11);
    wire.open(13, RANGE);
    wire.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 13, new byte[] {1, 0, 0, 0, 0});
    notOk(wire.answer(13));
    assertServed(15);
  }

  @Test
  void aCallWithoutAMessageAndOneWithTwoAreRefused() throws IOException {
    wire.open(1, RANGE);
    wire.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[0]);
    assertEquals(Status.Code.INTERNAL.value(), wire.answer(1).grpcStatus());
    assertServed(3);
    wire.open(5, RANGE);
    wire.message(5, RANGE_OF_A, false);
    wire.message(5, RANGE_OF_A, true);
    assertEquals(Status.Code.INTERNAL.value(), wire.answer(5).grpcStatus());
    assertServed(7);
  }

  @Test
  void anOversizedMessageIsRefusedByItsAnnouncedLength() throws IOException {
    wire.open(1, PUT);
    wire.frame(RawHttp2.DATA, 0, 1, ByteBuffer.allocate(5).put((byte) 0).putInt(1 << 30).array());
    assertEquals(Status.Code.RESOURCE_EXHAUSTED.value(), wire.answer(1).grpcStatus());
    assertServed(3);
  }

  @Test
  void framesAgainstTheProtocolEndTheConnectionAndNothingElse() throws IOException {
    wire.frame(RawHttp2.DATA, 0, 0, new byte[1]);
    assertGone(PROTOCOL_ERROR);
    reconnect();
    wire.frame(RawHttp2.SETTINGS, 0, 0, new byte[5]);
    assertGone(FRAME_SIZE_ERROR);
    reconnect();
    wire.frame(RawHttp2.PING, 0, 0, new byte[70_000]);
    assertGone(FRAME_SIZE_ERROR);
    reconnect();
    wire.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, new byte[] {(byte) 0xff, 1, 2});
    assertTrue(wire.next(RawHttp2.GOAWAY).payload().length >= 8);
    reconnect();
    assertServed(1);
  }

  @Test
  void moreStreamsThanAllowedAreRefusedUntilOneEnds() throws IOException {
    RawHttp2.Frame settings = wire.next(RawHttp2.SETTINGS);
    assertEquals(Optional.of(3), setting(settings.payload(), 3), "told in the settings");
    for (int stream = 1; stream <= 5; stream += 2) {
      openWatch(stream);
    }
    wire.open(7, RANGE);
    assertEquals(Optional.of(REFUSED_STREAM), wire.answer(7).reset());
    wire.cancel(3);
    assertServed(9);
  }

  @Test
  void cancelledAndHalfClosedStreamsLeaveNothingBehind() throws IOException {
    long before = watchers();
    openWatch(1);
    openWatch(3);
    assertEquals(before + 2, watchers());
    wire.cancel(1);
    awaitWatchers(before + 1);
    wire.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, new byte[0]);
    PutRequest put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("w")).build();
    wire.open(5, PUT);
    wire.message(5, put.toByteArray(), true);
    RawHttp2.Frame event = wire.next(RawHttp2.DATA);
    while (event.stream() != 3) {
      event = wire.next(RawHttp2.DATA);
    }
    assertEquals(before + 1, watchers(), "who says no more still listens, as with etcd");
    wire.cancel(3);
    awaitWatchers(before);
    openWatch(7);
    wire.close();
    awaitWatchers(before);
    reconnect();
    assertServed(1);
  }

  @Test
  void whoPingsTooOftenIsSentAway() throws IOException {
    openWatch(1);
    for (int i = 0; i < 10; i++) {
      wire.ping();
    }
    byte[] reason = assertGone(ENHANCE_YOUR_CALM);
    assertEquals("too_many_pings", new String(reason, StandardCharsets.US_ASCII));
    reconnect();
    assertServed(1);
  }

  @Test
  void whoDoesNotAnswerPingsIsDisconnected() throws Exception {
    try (LiveMember impatient =
            LiveMember.start(
                directory.resolve("impatient"), options -> options.withKeepAlive(5, 1, 1));
        RawHttp2 mute = new RawHttp2(impatient.address())) {
      mute.next(RawHttp2.PING);
      Optional<RawHttp2.Frame> next = mute.next();
      while (next.isPresent()) {
        assertTrue(next.get().type() != RawHttp2.PING, "still patient");
        next = mute.next();
      }
    }
  }

  private void openWatch(int stream) throws IOException {
    wire.open(stream, WATCH);
    WatchCreateRequest create =
        WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("w")).build();
    wire.message(
        stream, WatchRequest.newBuilder().setCreateRequest(create).build().toByteArray(), false);
    RawHttp2.Frame created = wire.next(RawHttp2.DATA);
    assertEquals(stream, created.stream());
  }

  private static long watchers() {
    return member.watchers();
  }

  private static void awaitWatchers(long count) {
    long end = System.nanoTime() + 30_000_000_000L;
    while (watchers() != count) {
      assertTrue(System.nanoTime() < end, watchers() + " watchers instead of " + count);
      Thread.onSpinWait();
    }
  }

  private void assertServed(int stream) throws IOException {
    wire.open(stream, PUT);
    PutRequest put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("served")).build();
    wire.message(stream, put.toByteArray(), true);
    assertEquals(0, wire.answer(stream).grpcStatus());
  }

  private byte[] assertGone(int error) throws IOException {
    byte[] payload = wire.next(RawHttp2.GOAWAY).payload();
    int told = ByteBuffer.wrap(payload).getInt(4);
    if (told == 0) {
      // An announcement; the reason follows.
      return assertGone(error);
    }
    assertEquals(error, told);
    return Arrays.copyOfRange(payload, 8, payload.length);
  }

  private void reconnect() throws IOException {
    wire.close();
    wire = new RawHttp2(member.address());
  }

  private static Optional<Integer> setting(byte[] payload, int id) {
    ByteBuffer settings = ByteBuffer.wrap(payload);
    while (settings.remaining() >= 6) {
      int found = settings.getShort();
      int value = settings.getInt();
      if (found == id) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  private static void notOk(RawHttp2.Answer answer) {
    assertTrue(answer.grpcStatus() > 0 || answer.reset().isPresent(), answer.headers().toString());
  }

  private static void refused(EtcdError error, RawHttp2.Answer answer) {
    assertEquals(error.text(), answer.grpcMessage());
    assertEquals(error.code().number(), answer.grpcStatus());
  }
}
