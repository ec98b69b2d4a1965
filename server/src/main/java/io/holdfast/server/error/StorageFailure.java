package io.holdfast.server.error;

/**
 * A write, an fsync or a rename did not succeed, so nobody knows what the disk holds. It is never
 * retried: the one who catches this at the top of a thread ends the process, and the next start
 * reads back what really arrived. Nothing may be acknowledged after it was thrown.
 *
 * <p>An {@code Error}, so that no handler of ordinary exceptions goes on after it.
 */
public final class StorageFailure extends Error {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was attempted on which file; never a key's value or a secret
   */
  public StorageFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
