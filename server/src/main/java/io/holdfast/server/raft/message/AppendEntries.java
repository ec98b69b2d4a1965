package io.holdfast.server.raft.message;

import io.holdfast.server.raft.Entry;
import java.util.List;

/**
 * Entries behind the one at {@code prevLogIndex} (paper, 5.3).
 *
 * @param prevLogIndex the entry that must be in the receiver's log for the others to be taken
 * @param prevLogTerm its term
 * @param entries in order, without gaps; may be empty
 * @param leaderCommit the sender's commit index
 */
public record AppendEntries(
    long from,
    long to,
    long term,
    long prevLogIndex,
    long prevLogTerm,
    List<Entry> entries,
    long leaderCommit)
    implements Message {}
