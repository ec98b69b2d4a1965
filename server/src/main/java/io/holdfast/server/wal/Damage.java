package io.holdfast.server.wal;

/** Something in a segment does not check out; turned into a refusal that names the file. */
final class Damage extends Exception {
  private static final long serialVersionUID = 1L;

  private final long position;

  Damage(long position, String what) {
    super(what, null, false, false);
    this.position = position;
  }

  /** Where in the file, in bytes. */
  long position() {
    return position;
  }
}
