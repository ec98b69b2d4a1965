package io.holdfast.server.error;

/**
 * A file of this member is not what was written: a checksum does not match, records are missing, or
 * files do not belong together. Found at the start, before anything was changed; the member may be
 * able to repair itself from the others.
 */
public final class DamagedStorageException extends StartupException {
  private static final long serialVersionUID = 1L;

  private final String what;

  /**
   * @param what names the file, the place in it and what is wrong; no end mark
   * @param advice what to do about it
   */
  public DamagedStorageException(String what, String advice, Throwable cause) {
    super(what + advice, cause);
    this.what = what;
  }

  /** The file, the place in it and what is wrong. */
  public String what() {
    return what;
  }
}
