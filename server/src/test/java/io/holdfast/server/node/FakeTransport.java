package io.holdfast.server.node;

import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Remembers what was sent and checks every promise against what is durable at that moment: a vote
 * needs its term and choice, an acknowledgement its entries.
 */
final class FakeTransport implements Transport {
  private final FakeLog log;
  private final List<Message> sent = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();

  FakeTransport(FakeLog log) {
    this.log = log;
  }

  synchronized List<Message> sent() {
    return List.copyOf(sent);
  }

  synchronized <T extends Message> List<T> sent(Class<T> kind) {
    return sent.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  synchronized <T extends Message> Optional<T> lastSent(Class<T> kind) {
    List<T> all = sent(kind);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  @Override
  public synchronized void send(Message message) {
    if (message instanceof AppendEntriesResponse response
        && !response.rejected()
        && response.index() > log.syncedIndex()) {
      violations.add(response + " sent with index " + log.syncedIndex() + " durable");
    }
    if (message instanceof RequestVoteResponse response
        && response.granted()
        && log.syncedHardState().vote() != response.to()) {
      violations.add(response + " sent with " + log.syncedHardState() + " durable");
    }
    if (message instanceof RequestVote vote && log.syncedHardState().term() < vote.term()) {
      violations.add(vote + " sent with " + log.syncedHardState() + " durable");
    }
    sent.add(message);
  }

  @Override
  public synchronized void sendSnapshot(InstallSnapshot message, SnapshotContent content) {
    sent.add(message);
    content.close();
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
