package io.holdfast.server.service.member;

import io.holdfast.server.node.LogStore;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** A log whose syncs are timed. */
final class MeasuredLog implements LogStore {
  private final LogStore log;
  private final LongConsumer syncNanos;

  MeasuredLog(LogStore log, LongConsumer syncNanos) {
    this.log = log;
    this.syncNanos = syncNanos;
  }

  @Override
  public void append(Optional<HardState> hardState, List<Entry> entries) {
    log.append(hardState, entries);
  }

  @Override
  public void sync() {
    long start = System.nanoTime();
    log.sync();
    syncNanos.accept(System.nanoTime() - start);
  }

  @Override
  public void snapshotSaved(SnapshotMetadata metadata) {
    log.snapshotSaved(metadata);
  }

  @Override
  public void snapshotInstalled(SnapshotMetadata metadata) {
    log.snapshotInstalled(metadata);
  }

  @Override
  public void truncatePrefix(long index) {
    log.truncatePrefix(index);
  }

  @Override
  public void close() {
    log.close();
  }
}
