package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;

/**
 * A command on its way into the log. Its success is not reported here: the state machine answers
 * when it executes the command.
 */
public interface Proposal {
  /** The encoded command; never empty, never changed. */
  byte[] command();

  /**
   * Whether nobody waits any more. Such a proposal is left out if the log has not got it yet. Any
   * thread may ask.
   */
  boolean abandoned();

  /** The command was turned down and is in nobody's log. Called at most once, on any thread. */
  void refused(EtcdError reason);
}
