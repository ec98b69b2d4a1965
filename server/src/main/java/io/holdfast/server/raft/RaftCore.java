package io.holdfast.server.raft;

import java.util.Objects;

/**
 * One member's part in Raft, as a pure state machine: inputs go in one at a time, each answered by
 * what is to be written, sent and applied. It knows no clock, thread, file or socket.
 *
 * <p>Not thread-safe: one thread steps it. {@link RaftStatus} values may go to any thread.
 */
public final class RaftCore {
  private final RaftConfig config;
  private final Restored restored;

  /**
   * @param restored what recovery found
   * @throws RaftInvariantError when it contradicts itself
   */
  public RaftCore(RaftConfig config, Restored restored) {
    this.config = Objects.requireNonNull(config, "config");
    this.restored = Objects.requireNonNull(restored, "restored");
  }

  /**
   * Takes one input.
   *
   * @return what the caller has to do, see {@link Ready}
   * @throws RaftInvariantError when a property of Raft is broken; the core must not be used again
   */
  public Ready step(Input input) {
    return Ready.empty(status());
  }

  /** The state after the last step. */
  public RaftStatus status() {
    return new RaftStatus(
        config.memberId(),
        Role.FOLLOWER,
        0,
        restored.hardState().term(),
        restored.hardState().commit(),
        restored.appliedIndex(),
        restored.hardState().commit(),
        1,
        restored.hardState().commit(),
        0,
        restored.snapshot().confState());
  }
}
