package io.holdfast.server.backend;

/**
 * The store file could not be written or synced (no space, an I/O error). What is on disk is the
 * last commit or the one before; this process must not go on with it and ends.
 */
public final class BackendFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BackendFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
