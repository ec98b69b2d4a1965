package io.holdfast.server.raft.message;

/**
 * The leader's answer to {@link RequestRepair}.
 *
 * @param attempt as in the question
 * @param index where the leader's log ended when it answered
 */
public record RepairPoint(long from, long to, long term, long attempt, long index)
    implements Message {}
