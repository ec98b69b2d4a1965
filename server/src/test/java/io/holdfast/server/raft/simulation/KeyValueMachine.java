package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.util.Arrays;

/**
 * The state machine under test: a few registers. Every write has a value of its own (the id of its
 * operation), so a history tells which write a read has seen. The revision is the log index of the
 * last write that changed something.
 */
final class KeyValueMachine {
  private final long[] values;
  private long revision;
  private long appliedIndex;
  private long appliedTerm;
  private ConfState confState = ConfState.NONE;

  KeyValueMachine(int keys) {
    this.values = new long[keys];
  }

  private KeyValueMachine(KeyValueMachine other) {
    this.values = other.values.clone();
    this.revision = other.revision;
    this.appliedIndex = other.appliedIndex;
    this.appliedTerm = other.appliedTerm;
    this.confState = other.confState;
  }

  /**
   * What a command did.
   *
   * @param changed false when a compare failed
   * @param observed the value found before
   * @param revision the store's revision afterwards
   */
  record Result(long operationId, boolean changed, long observed, long revision) {}

  KeyValueMachine copy() {
    return new KeyValueMachine(this);
  }

  long read(int key) {
    return values[key];
  }

  long revision() {
    return revision;
  }

  long appliedIndex() {
    return appliedIndex;
  }

  long appliedTerm() {
    return appliedTerm;
  }

  /** The membership at the applied index. */
  ConfState confState() {
    return confState;
  }

  /**
   * @return null for an entry without a command
   */
  Result apply(Entry entry) {
    appliedIndex = entry.index();
    appliedTerm = entry.term();
    if (entry.type() == EntryType.CONFIG_CHANGE) {
      confState = LoggedConfChange.decode(entry.data()).confState();
      return null;
    }
    if (entry.isEmpty()) {
      return null;
    }
    Command command = Command.decode(entry.data());
    long observed = values[command.key()];
    boolean changed = !command.compares() || observed == command.expected();
    if (changed) {
      values[command.key()] = command.operationId();
      revision = entry.index();
    }
    return new Result(command.operationId(), changed, observed, revision);
  }

  boolean sameStateAs(KeyValueMachine other) {
    return revision == other.revision
        && confState.equals(other.confState)
        && Arrays.equals(values, other.values);
  }
}
