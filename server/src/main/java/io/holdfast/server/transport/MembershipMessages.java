package io.holdfast.server.transport;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.transport.wire.PeerMember;
import io.holdfast.server.transport.wire.PeerMembershipRequest;
import io.holdfast.server.transport.wire.PeerMembershipRequest.Kind;
import java.util.List;

/** Members and changes of the membership as messages, and back. */
final class MembershipMessages {
  private MembershipMessages() {}

  static PeerMember member(MemberRecord member) {
    return PeerMember.newBuilder()
        .setId(member.memberId())
        .setName(member.name())
        .addAllPeerUrls(member.peerUrls())
        .addAllClientUrls(member.clientUrls())
        .setLearner(member.learner())
        .build();
  }

  /**
   * @throws IllegalArgumentException when one of them is no member
   */
  static List<MemberRecord> members(List<PeerMember> messages) {
    return messages.stream()
        .map(
            message ->
                new MemberRecord(
                    message.getId(),
                    message.getName(),
                    message.getPeerUrlsList(),
                    message.getClientUrlsList(),
                    message.getLearner()))
        .toList();
  }

  static PeerMembershipRequest request(Command.MembershipChange change) {
    PeerMembershipRequest.Builder request =
        PeerMembershipRequest.newBuilder().setMemberId(change.memberId());
    if (change instanceof Command.MemberAdd add) {
      request
          .setKind(add.learner() ? Kind.ADD_LEARNER : Kind.ADD_VOTER)
          .addAllPeerUrls(add.peerUrls());
    } else if (change instanceof Command.MemberRemove) {
      request.setKind(Kind.REMOVE);
    } else if (change instanceof Command.MemberUpdate update) {
      request.setKind(Kind.UPDATE).addAllPeerUrls(update.peerUrls());
    } else if (change instanceof Command.MemberPromote) {
      request.setKind(Kind.PROMOTE);
    } else if (change instanceof Command.MemberJoined) {
      throw new IllegalArgumentException("only a leader says that a member has joined");
    }
    return request.build();
  }

  /**
   * @throws IllegalArgumentException when it is no change that this version knows
   */
  static Command.MembershipChange change(PeerMembershipRequest request) {
    long id = request.getMemberId();
    return switch (request.getKind()) {
      case ADD_VOTER -> new Command.MemberAdd(id, request.getPeerUrlsList(), false);
      case ADD_LEARNER -> new Command.MemberAdd(id, request.getPeerUrlsList(), true);
      case REMOVE -> new Command.MemberRemove(id);
      case UPDATE -> new Command.MemberUpdate(id, request.getPeerUrlsList());
      case PROMOTE -> new Command.MemberPromote(id);
      case UNKNOWN, UNRECOGNIZED ->
          throw new IllegalArgumentException("an unknown change of the membership");
    };
  }
}
