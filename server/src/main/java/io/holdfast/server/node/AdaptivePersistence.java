package io.holdfast.server.node;

import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.function.Consumer;

/**
 * Writes on the loop thread while this member is the only voter, and on a thread of its own while
 * there are others; changes over with the membership. See {@link InlinePersistence} and {@link
 * LogThread} for why.
 */
final class AdaptivePersistence implements Persistence {
  private final NodePorts ports;
  private final long quickSyncNanos;
  private final Consumer<Input> atOnce;
  private final Consumer<Input> later;
  private final Consumer<Throwable> fatal;
  private final String threadName;
  private Persistence current;
  private boolean inline;

  /**
   * @param quickSyncNanos see {@link NodeOptions#quickSyncNanos}
   * @param atOnce takes the news of durability within a turn
   * @param later takes it on any thread
   */
  AdaptivePersistence(
      NodePorts ports,
      long quickSyncNanos,
      Consumer<Input> atOnce,
      Consumer<Input> later,
      Consumer<Throwable> fatal,
      String threadName,
      RaftStatus status) {
    this.ports = ports;
    this.quickSyncNanos = quickSyncNanos;
    this.atOnce = atOnce;
    this.later = later;
    this.fatal = fatal;
    this.threadName = threadName;
    inline = votesAlone(status);
    current = create();
  }

  /** Whether the member decides alone. */
  static boolean votesAlone(RaftStatus status) {
    return !status.confState().isJoint()
        && status.confState().voters().size() == 1
        && status.confState().isVoter(status.memberId());
  }

  /**
   * The membership has changed: before anything of that step is written. Everything handed over
   * before is durable and reported when the way of writing changes, so the order stays.
   */
  void adapt(RaftStatus status) {
    if (inline != votesAlone(status)) {
      current.finish();
      inline = !inline;
      current = create();
      current.start();
    }
  }

  private Persistence create() {
    return inline
        ? new InlinePersistence(ports.log(), ports.transport(), atOnce)
        : new LogThread(ports, quickSyncNanos, atOnce, later, fatal, threadName);
  }

  @Override
  public void start() {
    current.start();
  }

  @Override
  public void write(Ready ready) {
    current.write(ready);
  }

  @Override
  public void recoveryPoint(SnapshotMetadata point) {
    current.recoveryPoint(point);
  }

  @Override
  public void snapshotInstalled(SnapshotMetadata snapshot, Ready ready) {
    current.snapshotInstalled(snapshot, ready);
  }

  @Override
  public boolean isBusy() {
    return current.isBusy();
  }

  @Override
  public void finish() {
    current.finish();
  }
}
