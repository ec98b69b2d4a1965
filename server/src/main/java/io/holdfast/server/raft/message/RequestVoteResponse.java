package io.holdfast.server.raft.message;

/**
 * @param granted whether the responder's vote of {@code term} is the asker's
 */
public record RequestVoteResponse(long from, long to, long term, boolean granted)
    implements Message {}
