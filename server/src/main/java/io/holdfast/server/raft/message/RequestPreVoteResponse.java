package io.holdfast.server.raft.message;

/**
 * @param term when granted, the term that was asked about; otherwise the responder's own
 * @param granted whether the responder would vote for the asker
 */
public record RequestPreVoteResponse(long from, long to, long term, boolean granted)
    implements Message {}
