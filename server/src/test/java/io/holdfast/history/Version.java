package io.holdfast.history;

/**
 * One version of a key, as a client was told of it.
 *
 * @param version puts since the key was created, from 1
 * @param leaseId 0 for none
 */
public record Version(
    String key, String value, long createRevision, long modRevision, long version, long leaseId) {}
