package io.holdfast.server.node;

import io.holdfast.server.raft.Rejection;

/** A membership change was turned down, or lost to another leader's log: it is not in force. */
public final class ConfChangeRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Rejection.Reason reason;

  public ConfChangeRefused(Rejection.Reason reason) {
    super("the membership was not changed: " + reason, null, false, false);
    this.reason = reason;
  }

  /** Why; {@link Rejection.Reason#LEADER_CHANGED} when it was logged but did not last. */
  public Rejection.Reason reason() {
    return reason;
  }
}
