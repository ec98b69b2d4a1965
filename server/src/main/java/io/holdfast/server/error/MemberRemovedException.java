package io.holdfast.server.error;

/** This member was removed from its cluster, which is final: its id is never used again. */
public final class MemberRemovedException extends StartupException {
  private static final long serialVersionUID = 1L;

  /**
   * @param memberId unsigned
   * @param dataDirectory what is of no use any more
   */
  public MemberRemovedException(long memberId, String dataDirectory) {
    super(
        "member "
            + Long.toHexString(memberId)
            + " was removed from the cluster for good: to bring this machine back, delete "
            + dataDirectory
            + " and add it as a new member");
  }
}
