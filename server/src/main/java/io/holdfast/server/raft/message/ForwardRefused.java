package io.holdfast.server.raft.message;

/**
 * The answer to a {@link ForwardPropose} that was not logged and never will be: its leader is
 * handing over, or leads no more. The commands may be proposed again.
 *
 * @param term as in the refused message, whatever term it is by now
 * @param incarnation as in the refused message
 * @param sequence as in the refused message
 */
public record ForwardRefused(long from, long to, long term, long incarnation, long sequence)
    implements Message {}
