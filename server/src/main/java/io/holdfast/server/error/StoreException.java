package io.holdfast.server.error;

import java.util.Objects;

/**
 * A request was refused for a reason the protocol names; nothing of it took effect.
 *
 * <p>Carries no stack trace and no suppressed exceptions: it is an answer, thrown on hot paths.
 */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final EtcdError error;

  public StoreException(EtcdError error) {
    super(Objects.requireNonNull(error, "error").text(), null, false, false);
    this.error = error;
  }

  public EtcdError error() {
    return error;
  }
}
