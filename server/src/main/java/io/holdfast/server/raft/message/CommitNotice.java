package io.holdfast.server.raft.message;

/**
 * The leader has committed more, and has nothing else to send. Wants no answer: a lost notice is
 * made good by the next heartbeat.
 *
 * @param leaderCommit the commit index, as far as the receiver's log is known to reach
 */
public record CommitNotice(long from, long to, long term, long leaderCommit) implements Message {}
