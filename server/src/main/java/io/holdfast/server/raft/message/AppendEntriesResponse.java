package io.holdfast.server.raft.message;

/**
 * Answer to entries or to a snapshot.
 *
 * @param index when accepted, the responder's log equals the leader's up to here, durably; when
 *     rejected, the {@code prevLogIndex} that was refused
 * @param rejected whether {@code prevLogIndex} did not match
 * @param hintIndex when rejected, the highest index at which the logs may agree
 * @param hintTerm when rejected, the responder's term there, so that the leader skips a whole term
 *     of conflicts at once; 0 = unknown
 */
public record AppendEntriesResponse(
    long from, long to, long term, long index, boolean rejected, long hintIndex, long hintTerm)
    implements Message {}
