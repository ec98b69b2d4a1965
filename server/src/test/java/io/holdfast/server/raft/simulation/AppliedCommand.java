package io.holdfast.server.raft.simulation;

/**
 * A command as the log has it: what every member did, or will do, at this index.
 *
 * @param changed whether it took effect
 * @param revision the store's revision afterwards
 */
public record AppliedCommand(long index, long operationId, boolean changed, long revision) {}
