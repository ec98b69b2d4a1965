package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.Message;
import java.util.Optional;

/** How a simulated member treats its core. This one is right; planted bugs override a method. */
public class Behaviour {
  /** What kind of run shows most of it. */
  public Settings.Weather weather() {
    return Settings.Weather.MIXED;
  }

  /** The core that a member runs. */
  public RaftCore newCore(RaftConfig config, Restored restored) {
    return new RaftCore(config, restored);
  }

  /** Whether a message waits for the disk. */
  public boolean waitsForDisk(Outgoing outgoing) {
    return outgoing.afterPersist();
  }

  /** What recovery finds of the hard state. */
  public HardState recover(HardState durable) {
    return durable;
  }

  /**
   * What is stepped when a sync has ended.
   *
   * @param termNow the term of the entry that is at the attested index by now
   */
  public Input.Persisted attest(Input.Persisted persisted, RaftStatus now, long termNow) {
    return persisted;
  }

  /** What is stepped although the disk has not finished. */
  public Optional<Input.Persisted> attestEarly(Ready ready) {
    return Optional.empty();
  }

  /** Whether a read may be answered from the local state without asking anybody. */
  public boolean readsLocally(RaftStatus status) {
    return false;
  }

  /**
   * The membership that is kept with a snapshot.
   *
   * @param applied that of the applied index
   * @param lastSnapshots that of the snapshot before
   */
  public ConfState membershipOfSnapshot(ConfState applied, ConfState lastSnapshots) {
    return applied;
  }

  /** The message that really arrives at a member in some state. */
  public Message arrives(Message message, RaftStatus status) {
    return message;
  }

  /** The message that really leaves, given the input that led to it. */
  public Message leaves(Input input, Message message) {
    return message;
  }
}
