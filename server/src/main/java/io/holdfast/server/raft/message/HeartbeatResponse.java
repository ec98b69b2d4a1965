package io.holdfast.server.raft.message;

/**
 * @param readContext as in the heartbeat it answers
 */
public record HeartbeatResponse(long from, long to, long term, long readContext)
    implements Message {}
