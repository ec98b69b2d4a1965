package io.holdfast.server.raft.message;

/** Stand for election at once: the leader hands over to the receiver (thesis, 3.10). */
public record TimeoutNow(long from, long to, long term) implements Message {}
