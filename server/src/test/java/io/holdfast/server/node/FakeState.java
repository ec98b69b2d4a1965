package io.holdfast.server.node;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A state machine that remembers the commands it was given. It checks what it can never be given:
 * an entry that is not durable here, or one out of order.
 */
final class FakeState implements StateMachine {
  private final FakeLog log;
  private final List<String> commands = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();

  /** Loading a snapshot takes until this is open; it is from the start. */
  volatile CountDownLatch prepareGate = new CountDownLatch(0);

  final AtomicInteger prepared = new AtomicInteger();
  final AtomicInteger discarded = new AtomicInteger();
  private ConfState confState = ConfState.NONE;
  private long appliedIndex;
  private long appliedTerm;
  private long committedIndex;
  private long syncedIndex;
  private boolean failNextCommit;
  private boolean failNextApply;

  FakeState(FakeLog log) {
    this.log = log;
  }

  synchronized List<String> commands() {
    return List.copyOf(commands);
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  synchronized void failNextCommit() {
    failNextCommit = true;
  }

  synchronized void failNextApply() {
    failNextApply = true;
  }

  @Override
  public synchronized long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public synchronized long appliedTerm() {
    return appliedTerm;
  }

  @Override
  public synchronized ConfState confState() {
    return confState;
  }

  @Override
  public synchronized void apply(List<Entry> committed) {
    if (failNextApply) {
      throw new IllegalStateException("apply failed, as the test wished");
    }
    for (Entry entry : committed) {
      if (entry.index() > log.syncedIndex()) {
        violations.add("entry " + entry.index() + " applied, synced " + log.syncedIndex());
      }
      if (log.hasFailed()) {
        violations.add("entry " + entry.index() + " applied after the log failed");
      }
      if (entry.index() != appliedIndex + 1) {
        violations.add("entry " + entry.index() + " applied after " + appliedIndex);
      }
      appliedIndex = entry.index();
      appliedTerm = entry.term();
      if (entry.type() == EntryType.CONFIG_CHANGE) {
        confState = LoggedConfChange.decode(entry.data()).confState();
      } else if (!entry.isEmpty()) {
        commands.add(new String(entry.data(), StandardCharsets.UTF_8));
      }
    }
    notifyAll();
  }

  @Override
  public synchronized void commit() {
    if (failNextCommit) {
      throw new IllegalStateException("commit failed, as the test wished");
    }
    committedIndex = appliedIndex;
  }

  @Override
  public synchronized long sync() {
    syncedIndex = committedIndex;
    return syncedIndex;
  }

  synchronized long durableIndex() {
    return syncedIndex;
  }

  @Override
  public SnapshotContent openSnapshot(ConfState confState) {
    SnapshotMetadata metadata = new SnapshotMetadata(appliedIndex(), appliedTerm(), confState);
    return new SnapshotContent() {
      @Override
      public SnapshotMetadata metadata() {
        return metadata;
      }

      @Override
      public void forEach(SnapshotRecordConsumer consumer) {
        // The tests look at the metadata only.
      }

      @Override
      public void close() {
        // Nothing is pinned.
      }
    };
  }

  @Override
  public PreparedState prepare(ReceivedSnapshot snapshot) {
    prepared.incrementAndGet();
    try {
      prepareGate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new PreparedState() {
      @Override
      public SnapshotMetadata metadata() {
        return snapshot.metadata();
      }

      @Override
      public void close() {
        discarded.incrementAndGet();
      }
    };
  }

  @Override
  public synchronized void install(PreparedState state) {
    appliedIndex = state.metadata().index();
    appliedTerm = state.metadata().term();
    confState = state.metadata().confState();
    committedIndex = appliedIndex;
    syncedIndex = appliedIndex;
  }
}
