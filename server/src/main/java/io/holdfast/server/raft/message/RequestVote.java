package io.holdfast.server.raft.message;

/**
 * Vote for me (paper, 5.2).
 *
 * @param lastLogIndex index of the sender's last entry
 * @param lastLogTerm term of the sender's last entry
 * @param leadershipTransfer the current leader asked for this election, so members that still hear
 *     from it must not ignore it (thesis, 3.10)
 */
public record RequestVote(
    long from, long to, long term, long lastLogIndex, long lastLogTerm, boolean leadershipTransfer)
    implements Message {}
