package io.holdfast.server.service;

/**
 * A lock that is held for as long as its key exists.
 *
 * @param key to be shown when unlocking
 * @param createRevision of the key; grows from one holder of the lock to the next, so it can serve
 *     as a fencing token
 */
public record HeldLock(byte[] key, long createRevision) {}
