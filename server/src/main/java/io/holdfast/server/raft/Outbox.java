package io.holdfast.server.raft;

import io.holdfast.server.raft.message.Message;
import java.util.ArrayList;
import java.util.List;

/** What one step has to say. Lists exist only when there is something in them. */
final class Outbox {
  private List<Outgoing> messages = List.of();
  private List<ReadState> readStates = List.of();
  private List<Rejection> rejections = List.of();

  /** Sends what promises nothing. */
  void send(Message message) {
    add(new Outgoing(message, false));
  }

  /** Sends a promise, which may leave only once what it rests on is durable. */
  void sendAfterPersist(Message message) {
    add(new Outgoing(message, true));
  }

  void readState(long requestId, long index) {
    if (readStates.isEmpty()) {
      readStates = new ArrayList<>(4);
    }
    readStates.add(new ReadState(requestId, index));
  }

  void reject(Rejection rejection) {
    if (rejections.isEmpty()) {
      rejections = new ArrayList<>(4);
    }
    rejections.add(rejection);
  }

  List<Outgoing> takeMessages() {
    List<Outgoing> taken = messages;
    messages = List.of();
    return taken;
  }

  List<ReadState> takeReadStates() {
    List<ReadState> taken = readStates;
    readStates = List.of();
    return taken;
  }

  List<Rejection> takeRejections() {
    List<Rejection> taken = rejections;
    rejections = List.of();
    return taken;
  }

  boolean isEmpty() {
    return messages.isEmpty() && readStates.isEmpty() && rejections.isEmpty();
  }

  private void add(Outgoing outgoing) {
    if (messages.isEmpty()) {
      messages = new ArrayList<>(8);
    }
    messages.add(outgoing);
  }
}
