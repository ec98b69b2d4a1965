package io.holdfast.history;

/**
 * A lock that a client was given, as it saw it.
 *
 * @param key what stands in the line for the holder
 * @param token the key's create revision: grows from one holder to the next
 * @param revision at which the store says that the lock was held
 * @param called when the client asked for the lock
 * @param heard when it had the answer
 * @param until up to when the holder may think that it is alone: it has unlocked then, or its lease
 *     may be over, by the most careful reckoning
 */
public record LockRecord(
    String key, long token, long revision, long called, long heard, long until) {}
