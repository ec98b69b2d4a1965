package io.holdfast.server.raft.message;

/**
 * A follower asks the leader at which index reads may be served (thesis, 6.4).
 *
 * @param requestId fresh for every message a member sends, also after a restart
 */
public record ReadIndex(long from, long to, long term, long requestId) implements Message {}
