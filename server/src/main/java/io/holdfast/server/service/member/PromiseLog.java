package io.holdfast.server.service.member;

import io.holdfast.server.node.LogStore;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.wal.VoteFile;
import java.util.List;
import java.util.Optional;

/**
 * A log whose terms and votes are kept in the vote file as well, and there first: when {@link
 * #sync} returns, a promise is in both, and what depends on it may leave.
 */
final class PromiseLog implements LogStore {
  private final LogStore log;
  private final VoteFile votes;
  private long term;
  private long vote;

  PromiseLog(LogStore log, VoteFile votes) {
    this.log = log;
    this.votes = votes;
    this.term = votes.promise().term();
    this.vote = votes.promise().vote();
  }

  @Override
  public void append(Optional<HardState> hardState, List<Entry> entries) {
    if (hardState.isPresent()) {
      term = hardState.get().term();
      vote = hardState.get().vote();
    }
    log.append(hardState, entries);
  }

  @Override
  public void sync() {
    votes.vote(term, vote);
    log.sync();
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
