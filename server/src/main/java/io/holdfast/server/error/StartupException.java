package io.holdfast.server.error;

/**
 * A member cannot start with what it was given: a flag, a URL, a port in use, a data directory that
 * is not its own, a damaged log. The message is one line that says what is wrong and how to mend
 * it; nothing on disk was changed.
 */
public class StartupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StartupException(String message) {
    super(message);
  }

  public StartupException(String message, Throwable cause) {
    super(message, cause);
  }
}
