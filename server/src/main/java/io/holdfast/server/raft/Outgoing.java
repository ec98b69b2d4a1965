package io.holdfast.server.raft;

import io.holdfast.server.raft.message.Message;

/**
 * A message to send.
 *
 * @param message what to send
 * @param afterPersist when true, it makes a promise (a vote, an acknowledgement) and may leave only
 *     after everything in its own {@link Ready} and in every earlier one is durable; when false, it
 *     may leave at once
 */
public record Outgoing(Message message, boolean afterPersist) {}
