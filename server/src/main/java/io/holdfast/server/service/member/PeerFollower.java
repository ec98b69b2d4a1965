package io.holdfast.server.service.member;

import io.holdfast.server.apply.AppliedListener;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.transport.Peers;

/**
 * Keeps a member's connections in step with the membership: with what is applied, and, where Raft
 * goes by it before, with what is logged. Notices when this member itself is no longer one.
 */
final class PeerFollower implements AppliedListener {
  private final MemberContext member;
  private final Peers peers;
  private final Runnable onRemoval;

  /**
   * @param onRemoval told, perhaps more than once, that this member was removed
   */
  PeerFollower(MemberContext member, Peers peers, Runnable onRemoval) {
    this.member = member;
    this.peers = peers;
    this.onRemoval = onRemoval;
  }

  /**
   * Begins to connect, and to listen where there is anybody else; before the node starts.
   *
   * @param known the members as far as this one knows
   * @param restored what its log holds beyond what is applied
   */
  void begin(Membership known, Restored restored) {
    peers.follow(known);
    peers.start(member.node());
    restored.entries().stream()
        .filter(entry -> entry.index() > restored.appliedIndex())
        .filter(entry -> entry.type() == EntryType.CONFIG_CHANGE)
        .forEach(this::expect);
    boolean alone =
        known.members().size() <= 1 && member.node().status().confState().memberCount() == 1;
    if (!alone) {
      peers.listen();
    }
    member.applier().addListener(this);
  }

  /** Somebody may count for Raft from this entry on, before it is applied. */
  void expect(Entry membershipChange) {
    byte[] logged = LoggedConfChange.decode(membershipChange.data()).change().context();
    if (logged.length == 0) {
      return;
    }
    Command command = new CommandCodec().decode(logged);
    if (command instanceof Command.MemberAdd add) {
      peers.expect(add.memberId(), add.peerUrls());
    } else if (command instanceof Command.Founding founding) {
      founding.members().forEach(one -> peers.expect(one.memberId(), one.peerUrls()));
    }
  }

  @Override
  public void batchApplied(long revision) {
    // Only the membership matters here.
  }

  @Override
  public void membershipApplied(Membership membership) {
    peers.follow(membership);
    if (membership.isRemoved(member.identity().memberId())) {
      onRemoval.run();
    }
  }
}
