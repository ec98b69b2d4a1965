package io.holdfast.server.error;

/**
 * The outcome of a request is unknown to its caller: it may have taken effect, may take effect
 * later, or never. Raised when a proposal was handed to the log and its fate could not be awaited
 * (a timeout, a lost leader).
 */
public final class IndeterminateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final EtcdError error;

  /**
   * @param error how the wire names it; one of the time-out and leadership errors
   */
  public IndeterminateException(EtcdError error) {
    super(error.text(), null, false, false);
    this.error = error;
  }

  public EtcdError error() {
    return error;
  }
}
