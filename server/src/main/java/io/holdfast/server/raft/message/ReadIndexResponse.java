package io.holdfast.server.raft.message;

/**
 * @param requestId as in the request
 * @param index reads may be served once this index is applied
 */
public record ReadIndexResponse(long from, long to, long term, long requestId, long index)
    implements Message {}
