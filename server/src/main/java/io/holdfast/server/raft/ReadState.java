package io.holdfast.server.raft;

/**
 * A linearizable read may be served from the state machine once its applied index has reached
 * {@code index} (Raft thesis, 6.4).
 *
 * @param requestId the id given with {@link Input.ReadIndex}
 * @param index the index to wait for
 */
public record ReadState(long requestId, long index) {}
