package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.mvcc.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client that remembers what it was told, and reads only as much as it is allowed to. */
final class RecordingSink implements WatchSink {
  final List<WatchMessage> messages = new ArrayList<>();

  /** How many messages of events it takes until it is not ready any more. */
  int credit = Integer.MAX_VALUE;

  @Override
  public boolean isReady() {
    return credit > 0;
  }

  @Override
  public void deliver(WatchMessage message) {
    messages.add(message);
    if (message instanceof WatchMessage.Events) {
      assertEquals(true, credit > 0, "events for a client that is not ready");
      credit--;
    }
  }

  /** What was told since the last call, in a line each. */
  List<String> take() {
    List<String> lines = messages.stream().map(RecordingSink::describe).toList();
    messages.clear();
    return lines;
  }

  static String describe(WatchMessage message) {
    if (message instanceof WatchMessage.Events events) {
      StringBuilder line = new StringBuilder();
      line.append(events.watchId()).append(" @").append(events.revision()).append(':');
      for (Event event : events.batch().events()) {
        line.append(' ').append(describe(event));
        if (events.previousWanted()) {
          line.append(event.previous().map(pair -> "<" + text(pair.value()) + ">").orElse("<>"));
        }
      }
      return line.toString();
    }
    return message.toString();
  }

  static String describe(Event event) {
    String key = text(event.keyValue().key());
    long revision = event.keyValue().modRevision();
    return switch (event.type()) {
      case PUT -> key + "=" + text(event.keyValue().value()) + "#" + revision;
      case DELETE -> key + " gone#" + revision;
    };
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
