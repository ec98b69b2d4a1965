package io.holdfast.server.raft.message;

/**
 * The leader is alive.
 *
 * @param leaderCommit the commit index, as far as the receiver's log is known to reach
 * @param readContext the newest round of reads that waits for a majority; 0 = none
 */
public record Heartbeat(long from, long to, long term, long leaderCommit, long readContext)
    implements Message {}
