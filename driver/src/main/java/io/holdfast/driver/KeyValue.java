package io.holdfast.driver;

/**
 * A key with its value and history, as the store held it at one revision.
 *
 * @param key the key, without the connection's namespace
 * @param value the value; empty when only keys were asked for
 * @param createRevision the revision at which the key was last created
 * @param modRevision the revision at which the key was last changed
 * @param version how many times the key was written since its creation; 0 in a deletion
 * @param leaseId the lease that the key is attached to, or 0
 */
public record KeyValue(
    Bytes key, Bytes value, long createRevision, long modRevision, long version, long leaseId) {}
