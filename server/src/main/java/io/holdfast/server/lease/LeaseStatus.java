package io.holdfast.server.lease;

import io.holdfast.server.mvcc.Key;
import java.util.List;

/**
 * A lease as its leader sees it.
 *
 * @param grantedTtlSeconds the time to live it was granted with
 * @param remainingSeconds whole seconds until it runs out; negative when it already has
 * @param keys the attached keys, sorted, when they were asked for; else empty
 */
public record LeaseStatus(
    long leaseId, long grantedTtlSeconds, long remainingSeconds, List<Key> keys) {}
