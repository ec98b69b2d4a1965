package io.holdfast.server.transport;

import io.holdfast.server.apply.Membership;

/**
 * The member that a transport belongs to, as its peers may question it. Any thread calls it; no
 * method blocks.
 */
public interface LocalMember {
  /** Answers about leases while this member leads. */
  LeaseAuthority leases();

  /** Changes the membership while this member leads. */
  MembershipAuthority memberships();

  /** Who belongs to the cluster, as far as this member has applied the log. */
  Membership membership();

  /**
   * A peer of the same cluster says that this member was removed. Its id is never used again, so
   * this is final.
   */
  void removed(long toldByMemberId);
}
