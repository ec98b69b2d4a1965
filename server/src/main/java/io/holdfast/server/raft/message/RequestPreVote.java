package io.holdfast.server.raft.message;

/**
 * Would you vote for me in {@code term}? Changes nothing at either side (thesis, 9.6).
 *
 * @param term the term the sender would stand in, one above its own
 * @param lastLogIndex index of the sender's last entry
 * @param lastLogTerm term of the sender's last entry
 */
public record RequestPreVote(long from, long to, long term, long lastLogIndex, long lastLogTerm)
    implements Message {}
