package io.holdfast.server.raft;

import java.util.List;
import java.util.Optional;

/**
 * What one step asks of its caller. Readys are to be handled in the order they came, each
 * completely (but for its wait for the disk) before the next: stepping an input from within leads
 * to a Ready whose turn comes afterwards.
 *
 * <ol>
 *   <li>Send the messages that need not wait ({@link Outgoing#afterPersist} false).
 *   <li>If there is a snapshot to install, make it durable and replace the state with it, before
 *       anything else of this Ready is written; step {@link Input.SnapshotInstalled} when done.
 *   <li>Write {@code hardState} and {@code entries}; an entry at or below the log's end replaces
 *       the log from there. They need a sync when {@link #syncRequired()}.
 *   <li>Once this Ready and all before it are durable: send the other messages, step {@code
 *       persisted} if present.
 *   <li>Apply {@code committedEntries} in order, then step {@link Input.Applied}. They are durable
 *       here already, so this needs to wait for nothing.
 * </ol>
 *
 * Later inputs may be stepped while a write is still under way. All lists are unmodifiable or given
 * away: the core does not touch them again.
 *
 * @param hardState to be written, when it changed
 * @param entries to be written to the log
 * @param snapshotToInstall a snapshot from the leader that replaces the log and the state
 * @param messages to be sent
 * @param persisted what to step once all of this is durable, see {@link Input.Persisted}
 * @param syncRequired whether the write must be durable before anybody is told; false when only the
 *     commit index changed
 * @param committedEntries to be applied, each handed out once
 * @param readStates reads that got their index
 * @param rejections what the core will not do
 * @param status the state after the step
 */
public record Ready(
    Optional<HardState> hardState,
    List<Entry> entries,
    Optional<SnapshotMetadata> snapshotToInstall,
    List<Outgoing> messages,
    Optional<Input.Persisted> persisted,
    boolean syncRequired,
    List<Entry> committedEntries,
    List<ReadState> readStates,
    List<Rejection> rejections,
    RaftStatus status) {

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return hardState.isEmpty()
        && entries.isEmpty()
        && snapshotToInstall.isEmpty()
        && messages.isEmpty()
        && persisted.isEmpty()
        && committedEntries.isEmpty()
        && readStates.isEmpty()
        && rejections.isEmpty();
  }

  static Ready empty(RaftStatus status) {
    return new Ready(
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        false,
        List.of(),
        List.of(),
        List.of(),
        status);
  }
}
