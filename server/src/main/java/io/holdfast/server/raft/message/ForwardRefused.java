package io.holdfast.server.raft.message;

/**
 * The answer to a {@link ForwardPropose} that was not logged and never will be: its leader is
 * handing over, or leads no more. The sender's own transport gives it for a message that never
 * left. The commands may be proposed again.
 *
 * @param term as in the refused message, whatever term it is by now
 * @param incarnation as in the refused message
 * @param sequence as in the refused message
 */
public record ForwardRefused(long from, long to, long term, long incarnation, long sequence)
    implements Message {}
