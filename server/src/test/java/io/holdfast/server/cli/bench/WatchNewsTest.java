package io.holdfast.server.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.api.mvccpb.KeyValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class WatchNewsTest {
  @Test
  void readsWhatTheFullMessageSays() throws IOException {
    WatchResponse response =
        WatchResponse.newBuilder()
            .setHeader(ResponseHeader.newBuilder().setRevision(7).setRaftTerm(2))
            .setWatchId(3)
            .addEvents(event(11, 256))
            .addEvents(event(22, 8))
            .addEvents(event(-33, 1000))
            .build();
    assertEquals(new WatchNews(false, 3, -33), WatchNews.parse(response.toByteArray()));
  }

  @Test
  void knowsCreationsFromEvents() throws IOException {
    byte[] created = WatchResponse.newBuilder().setCreated(true).build().toByteArray();
    assertEquals(new WatchNews(true, 0, 0), WatchNews.parse(created));
    assertEquals(new WatchNews(false, 0, 0), WatchNews.parse(new byte[0]));
  }

  @Test
  void refusesAnEventThatNobodyStamped() {
    byte[] foreign =
        WatchResponse.newBuilder()
            .addEvents(
                Event.newBuilder()
                    .setKv(KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("key"))))
            .build()
            .toByteArray();
    assertThrows(IOException.class, () -> WatchNews.parse(foreign));
  }

  private static Event event(long stamp, int valueBytes) {
    ByteBuffer value = ByteBuffer.allocate(valueBytes).putLong(0, stamp);
    return Event.newBuilder()
        .setKv(
            KeyValue.newBuilder()
                .setKey(ByteString.copyFromUtf8("key"))
                .setModRevision(5)
                .setValue(ByteString.copyFrom(value)))
        .build();
  }
}
