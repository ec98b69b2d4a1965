package io.holdfast.server.node;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.util.List;

/**
 * What committed entries are applied to. Called on the loop thread only, except where a method says
 * otherwise.
 *
 * <p>Applying is a pure function of (state, command): every member that applies the same entries
 * holds the same state. The state's applied index and term are kept in the same stored version as
 * the data, so after a crash the state machine knows exactly where the log has to go on.
 */
public interface StateMachine {
  /** The index of the last entry whose effects the state shows; 0 when none. */
  long appliedIndex();

  /** The term of the entry at {@link #appliedIndex}; 0 when none. */
  long appliedTerm();

  /** The membership at {@link #appliedIndex}; the log may know of a later one. */
  ConfState confState();

  /**
   * Executes committed, durable entries in order and answers the requests of this member that wait
   * for them. Entries at or below {@link #appliedIndex} are skipped.
   */
  void apply(List<Entry> committed);

  /**
   * Makes all that is applied one version of the store: after a crash the store holds this version
   * or an earlier one, never a part. Not durable by itself.
   */
  void commit();

  /**
   * Makes the last committed version durable. Any thread may call it.
   *
   * @return the applied index of the durable version: the log below it is no longer needed
   */
  long sync();

  /**
   * Pins the state as it is now, for a peer that is too far behind to catch up from the log.
   *
   * @param confState the membership as of the applied index
   * @return the content; may be read on any thread while applying goes on; must be closed
   */
  SnapshotContent openSnapshot(ConfState confState);

  /**
   * Loads a received snapshot beside the live state, verifies it and makes it durable there,
   * however long that takes. Any one thread; applying goes on meanwhile.
   *
   * @throws IOException the snapshot could not be read, or there is no room for it; nothing is left
   *     of it
   */
  PreparedState prepare(ReceivedSnapshot snapshot) throws IOException;

  /**
   * Puts a prepared state in the place of the live one, durably. Short. A crash during it leaves
   * the old state or the new one.
   *
   * @param prepared made by {@link #prepare}; not used by the caller any more
   */
  void install(PreparedState prepared);
}
