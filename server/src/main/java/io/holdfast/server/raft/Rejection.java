package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfChange;
import java.util.List;

/** Something asked of the core that it will not do. Nothing of it was logged or sent. */
public sealed interface Rejection {
  /** Why. */
  Reason reason();

  /** A whole {@link Input.Propose} was turned down, by the step it was given to. */
  record OfProposal(Reason reason, List<byte[]> commands) implements Rejection {}

  /** A read will get no index; it may be asked again with a fresh id. */
  record OfRead(Reason reason, long requestId) implements Rejection {}

  /** Leadership stays where it is. */
  record OfTransfer(Reason reason, long target) implements Rejection {}

  /** The membership stays as it is. */
  record OfConfigChange(Reason reason, ConfChange change) implements Rejection {}

  /** Why the core says no. */
  enum Reason {
    /** No leader is known; one may be elected soon. */
    NO_LEADER,
    /** The leader that was to answer is not the leader any more. */
    LEADER_CHANGED,
    /** Leadership is being handed over; proposals wait for the new leader. */
    LEADERSHIP_TRANSFERRING,
    /** Too many bytes are proposed but not committed. */
    TOO_MANY_UNCOMMITTED_BYTES,
    /** Too many reads wait for their index. */
    TOO_MANY_READS,
    /** Only the leader does this; ask it. */
    NOT_LEADER,
    /** The target is this leader itself, a learner, or no member at all. */
    NO_TRANSFER_TARGET,
    /** The leader has not yet committed an entry of its own term; soon it will have. */
    LEADER_NOT_READY,
    /** Another membership change is not applied yet, or a joint membership not yet left. */
    CHANGE_IN_FLIGHT,
    /** The member to be added is there already, in the same part. */
    ALREADY_MEMBER,
    /** The member to be removed is none. */
    NOT_MEMBER,
    /** Nobody would have a vote any more. */
    NO_VOTER_LEFT,
    /** There would be more members than the core can count. */
    TOO_MANY_MEMBERS
  }
}
