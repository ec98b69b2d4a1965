package io.holdfast.compatibility;

import com.google.protobuf.Message;
import io.grpc.Status;
import java.util.List;

/**
 * What a store said to one call.
 *
 * @param messages the answers before the end, as they came from the wire
 * @param code how the call ended; OK too where a stream stays open
 * @param text the description that came with the code; empty for OK
 */
record Answer(List<Message> messages, Status.Code code, String text) {
  static Answer of(List<Message> messages, Status status) {
    String text = status.getDescription() == null ? "" : status.getDescription();
    return new Answer(List.copyOf(messages), status.getCode(), text);
  }

  static Answer open(List<Message> messages) {
    return of(messages, Status.OK);
  }

  boolean isOk() {
    return code == Status.Code.OK;
  }

  String status() {
    return isOk() ? "OK" : code + ": " + text;
  }

  /** The same with each store's own numbers made comparable. */
  Answer comparable(Session session) {
    return new Answer(messages.stream().map(session::comparable).toList(), code, text);
  }
}
