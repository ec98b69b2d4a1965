package io.holdfast.server.service;

import java.util.List;

/**
 * The life of one lease.
 *
 * @param remainingSeconds -1 when the lease is unknown
 * @param grantedSeconds the time to live it was granted with
 * @param keys the attached keys, when they were asked for; not to be changed
 */
public record LeaseTimeToLive(
    long leaseId, long remainingSeconds, long grantedSeconds, List<byte[]> keys) {}
