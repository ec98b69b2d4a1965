package io.holdfast.server.service.member;

import io.holdfast.server.node.PreparedState;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.StateMachine;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** A state machine whose commits are timed, and whose snapshots tell when they meet damage. */
final class MeasuredState implements StateMachine {
  private final StateMachine state;
  private final LongConsumer commitNanos;
  private final Consumer<String> corruption;

  MeasuredState(StateMachine state, LongConsumer commitNanos, Consumer<String> corruption) {
    this.corruption = corruption;
    this.state = state;
    this.commitNanos = commitNanos;
  }

  @Override
  public long appliedIndex() {
    return state.appliedIndex();
  }

  @Override
  public long appliedTerm() {
    return state.appliedTerm();
  }

  @Override
  public ConfState confState() {
    return state.confState();
  }

  @Override
  public void apply(List<Entry> committed) {
    state.apply(committed);
  }

  @Override
  public void commit() {
    long start = System.nanoTime();
    state.commit();
    commitNanos.accept(System.nanoTime() - start);
  }

  @Override
  public long sync() {
    return state.sync();
  }

  @Override
  public SnapshotContent openSnapshot(ConfState confState) {
    return new GuardedContent(state.openSnapshot(confState), corruption);
  }

  @Override
  public PreparedState prepare(ReceivedSnapshot snapshot) throws IOException {
    return state.prepare(snapshot);
  }

  @Override
  public void install(PreparedState prepared) {
    state.install(prepared);
  }
}
