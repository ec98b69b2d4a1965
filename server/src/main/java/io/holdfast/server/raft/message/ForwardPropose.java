package io.holdfast.server.raft.message;

import java.util.List;

/**
 * Commands that a follower passes on to the leader of {@code term}. No other leader takes them, and
 * that one takes each message once, however often the network delivers it.
 *
 * @param incarnation one run of the sender's process
 * @param sequence counts the sender's messages of this kind, from 1
 * @param commands at least one
 */
public record ForwardPropose(
    long from, long to, long term, long incarnation, long sequence, List<byte[]> commands)
    implements Message {

  /** The answer of whoever knows that this message was not logged and never will be. */
  public ForwardRefused refused() {
    return new ForwardRefused(to, from, term, incarnation, sequence);
  }
}
