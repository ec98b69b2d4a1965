package io.holdfast.server.disk;

import java.io.IOException;
import java.util.Locale;

/**
 * The file system has no room for what was to be written, or its owner's quota is used up. What was
 * asked for may have been done in part.
 */
public final class NoSpaceException extends IOException {
  private static final long serialVersionUID = 1L;

  public NoSpaceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The same failure, as this type if it is for lack of space. */
  static IOException of(IOException failure) {
    return isNoSpace(failure) ? new NoSpaceException(failure.getMessage(), failure) : failure;
  }

  /** Java hands on the system's words alone, so these are what tells ENOSPC and EDQUOT apart. */
  private static boolean isNoSpace(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("no space left on device") || message.contains("quota exceeded");
  }
}
