package io.holdfast.server.lease;

/**
 * How much of a lease's time remains.
 *
 * @param remainingSeconds 0 clears an earlier checkpoint: the full time to live counts again
 */
public record LeaseCheckpoint(long leaseId, long remainingSeconds) {}
