package io.holdfast.server.app.flag;

/**
 * The command line, an ETCD_ variable or the configuration file asks for something unusable. The
 * message is one line that says what is wrong and how to mend it; the process ends with code 2 and
 * nothing was changed.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
