package io.holdfast.server.node;

import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes and syncs on the loop thread, for a member that votes alone: nobody waits for its
 * heartbeats, and the hand-over to another thread would cost more than it saves. While the disk
 * works, proposals gather in the mailbox and share the next sync.
 */
final class InlinePersistence implements Persistence {
  private final LogStore log;
  private final Transport transport;
  private final Consumer<Input> core;

  /**
   * @param core where the news of durability goes
   */
  InlinePersistence(LogStore log, Transport transport, Consumer<Input> core) {
    this.log = log;
    this.transport = transport;
    this.core = core;
  }

  @Override
  public void start() {
    // Works on the loop thread.
  }

  @Override
  public void write(Ready ready) {
    if (ready.syncRequired()) {
      log.append(ready.hardState(), ready.entries());
      log.sync();
    }
    List<Outgoing> messages = ready.messages();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).afterPersist()) {
        transport.send(messages.get(i).message());
      }
    }
    if (ready.persisted().isPresent()) {
      core.accept(ready.persisted().get());
    }
  }

  @Override
  public void recoveryPoint(SnapshotMetadata point) {
    log.snapshotSaved(point);
    log.sync();
    log.truncatePrefix(point.index() + 1);
  }

  @Override
  public void snapshotInstalled(SnapshotMetadata snapshot, Ready ready) {
    log.snapshotInstalled(snapshot);
    log.sync();
    write(ready);
  }

  @Override
  public boolean isBusy() {
    return false;
  }

  @Override
  public void finish() {
    log.sync();
  }
}
