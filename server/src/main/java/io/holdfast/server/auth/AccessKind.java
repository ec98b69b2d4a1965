package io.holdfast.server.auth;

/** What a permission allows. The codes are etcd's and are written into the store. */
public enum AccessKind {
  READ(0),
  WRITE(1),
  READ_WRITE(2);

  private final int code;

  AccessKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** Whether it allows what the other names; READ_WRITE asks for both. */
  public boolean allows(AccessKind wanted) {
    return this == READ_WRITE || this == wanted;
  }

  /**
   * @throws IllegalArgumentException when no kind has this code
   */
  public static AccessKind ofCode(int code) {
    for (AccessKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("there is no kind of permission " + code);
  }
}
