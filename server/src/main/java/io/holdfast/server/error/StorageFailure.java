package io.holdfast.server.error;

/**
 * A write or sync of the log or the store failed. What reached the disk is unknown, so the process
 * ends: nothing is retried and nothing is acknowledged afterwards.
 */
public final class StorageFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StorageFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
