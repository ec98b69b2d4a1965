package io.holdfast.server.transport;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Changes the membership, which only the leader can: a follower hands the change on to its leader
 * through the transport.
 */
public interface MembershipAuthority {
  /**
   * Checks a change and brings it about.
   *
   * @return completes when the change is committed and applied on the leader. Fails with a {@link
   *     io.holdfast.server.error.StoreException} when nothing was changed: NOT_LEADER where the one
   *     asked does not lead (any more), NO_LEADER where it could not be reached, otherwise etcd's
   *     reason; with an {@link io.holdfast.server.error.IndeterminateException} when the outcome is
   *     unknown
   */
  CompletionStage<Changed> change(Command.MembershipChange change);

  /**
   * A change that was made.
   *
   * @param index of its entry in the log
   * @param members after it, in the order of their ids
   */
  record Changed(long index, List<MemberRecord> members) {}
}
