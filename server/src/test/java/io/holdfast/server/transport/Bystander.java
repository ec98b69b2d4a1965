package io.holdfast.server.transport;

import io.holdfast.server.apply.Membership;

record Bystander(Membership membership) implements LocalMember {
  @Override
  public LeaseAuthority leases() {
    throw new IllegalStateException("nobody asks for leases here");
  }

  @Override
  public MembershipAuthority memberships() {
    throw new IllegalStateException("nobody changes the membership here");
  }

  @Override
  public void removed(long toldByMemberId) {
    throw new IllegalStateException("nobody is removed here");
  }
}
