package io.holdfast.server.service;

/**
 * Proof of having won an election, valid for as long as the key exists with this create revision.
 *
 * @param name the election
 * @param createRevision grows from one leader to the next, so it can serve as a fencing token
 * @param leaseId the lease that the key is attached to
 */
public record LeaderKey(byte[] name, byte[] key, long createRevision, long leaseId) {}
