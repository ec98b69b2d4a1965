package io.holdfast.server.apply;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import java.util.List;
import java.util.Optional;

/**
 * A change of the state, as the log carries it. Immutable; byte arrays inside are never modified
 * after construction.
 *
 * <p>Commands are validated by {@link RequestRules} before they are proposed: applying one may
 * still be refused (an unknown lease, a compacted revision), but then it has no effect on any
 * member.
 */
public sealed interface Command {

  /**
   * Stores a value under a key.
   *
   * @param leaseId the lease to attach the key to; 0 for none
   * @param previousWanted whether the result carries the key's value before
   * @param ignoreValue keep the present value; the key must exist
   * @param ignoreLease keep the present lease; the key must exist
   */
  record Put(
      Key key,
      byte[] value,
      long leaseId,
      boolean previousWanted,
      boolean ignoreValue,
      boolean ignoreLease)
      implements Command, Operation {

    /** A plain put without a lease. */
    public static Put of(Key key, byte[] value) {
      return new Put(key, value, 0, false, false, false);
    }

    boolean needsPrevious() {
      return previousWanted || ignoreValue || ignoreLease;
    }
  }

  /**
   * Deletes every key of a range; one that holds none does not raise the revision.
   *
   * @param previousWanted whether the result carries the deleted pairs
   */
  record DeleteRange(KeyRange range, boolean previousWanted) implements Command, Operation {}

  /**
   * Executes one of two lists of operations at a single revision, chosen by comparisons.
   *
   * @param compares all must hold for {@code success} to be chosen; none holds trivially
   */
  record Txn(List<Compare> compares, List<Operation> success, List<Operation> failure)
      implements Command, Operation {
    public Txn {
      compares = List.copyOf(compares);
      success = List.copyOf(success);
      failure = List.copyOf(failure);
    }

    /** The operations of the chosen branch. */
    public List<Operation> branch(boolean succeeded) {
      return succeeded ? success : failure;
    }

    /**
     * Whether it can be answered from a read view: every operation at the top level is a range (as
     * etcd decides it; a nested transaction counts as a write).
     */
    public boolean isReadOnly() {
      return allRanges(success, false) && allRanges(failure, false);
    }

    /** Whether it is read-only and every range allows a possibly stale answer. */
    public boolean isSerializable() {
      return allRanges(success, true) && allRanges(failure, true);
    }

    private static boolean allRanges(List<Operation> operations, boolean serializableOnly) {
      for (Operation operation : operations) {
        if (!(operation instanceof Operation.Range range)
            || serializableOnly && !range.serializable()) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Gives up the history before a revision.
   *
   * @param physical whether the caller waits until the records are gone; without effect on the
   *     state
   */
  record Compact(long revision, boolean physical) implements Command {}

  /**
   * Creates a lease.
   *
   * @param leaseId never 0; chosen before proposing when the client leaves it open
   * @param ttlSeconds already raised to the minimum of the proposing member
   */
  record LeaseGrant(long leaseId, long ttlSeconds) implements Command {}

  /** Ends a lease and deletes its keys at one revision. */
  record LeaseRevoke(long leaseId) implements Command {}

  /** Records how much of leases' time remains, so that a new leader does not start them afresh. */
  record LeaseCheckpoints(List<LeaseCheckpoint> checkpoints) implements Command {
    public LeaseCheckpoints {
      checkpoints = List.copyOf(checkpoints);
    }
  }

  /**
   * Raises or clears an alarm. Raising one that stands, and clearing one that does not, changes
   * nothing.
   */
  record SetAlarm(Alarm alarm, boolean active) implements Command {}

  /**
   * Begins a downgrade of the cluster, or ends the one under way. Refused when one is under way
   * already, or none is.
   *
   * @param targetVersion {@code major.minor.0}; empty to end it
   */
  record SetDowngrade(Optional<String> targetVersion) implements Command {}

  /** Publishes a member's name and the URLs at which clients reach it. */
  record MemberAttributes(long memberId, String name, List<String> clientUrls) implements Command {
    public MemberAttributes {
      clientUrls = List.copyOf(clientUrls);
    }
  }

  /**
   * Begins a cluster: the first entry of its log, written by every founder alike. Further on in a
   * log it begins the cluster anew, with these members alone.
   *
   * @param members with their names; all of them vote
   */
  record Founding(List<MemberRecord> members) implements Command {
    /** The id under which it is logged: nobody waits for it. */
    public static final long REQUEST_ID = 1;

    public Founding {
      members = List.copyOf(members);
    }
  }

  /**
   * Changes who belongs to the cluster. It travels as the context of a configuration change, never
   * as a command of its own, because Raft has to know of it before it is applied.
   */
  sealed interface MembershipChange extends Command {
    /** The member that is added, removed or changed. */
    long memberId();
  }

  /**
   * Adds a member that has not started yet.
   *
   * @param memberId chosen before proposing
   */
  record MemberAdd(long memberId, List<String> peerUrls, boolean learner)
      implements MembershipChange {
    public MemberAdd {
      peerUrls = List.copyOf(peerUrls);
    }
  }

  /** Removes a member for good: its id is never used again. */
  record MemberRemove(long memberId) implements MembershipChange {}

  /** Says where a member is reached from now on. */
  record MemberUpdate(long memberId, List<String> peerUrls) implements MembershipChange {
    public MemberUpdate {
      peerUrls = List.copyOf(peerUrls);
    }
  }

  /**
   * An added voter has caught up: its vote counts from now on. The leader does this by itself, see
   * {@link Membership}.
   */
  record MemberJoined(long memberId) implements MembershipChange {}

  /** Gives a learner a vote. */
  record MemberPromote(long memberId) implements MembershipChange {}

  /** Changes users, roles, or whether they count. Only root may, once authentication is on. */
  sealed interface AuthChange extends Command {}

  record AuthEnable() implements AuthChange {}

  record AuthDisable() implements AuthChange {}

  /**
   * @param passwordHash made before proposing; empty without a password
   */
  record UserAdd(String name, String passwordHash, boolean noPassword) implements AuthChange {
    @Override
    public String toString() {
      return "UserAdd[" + name + "]";
    }
  }

  record UserDelete(String name) implements AuthChange {}

  /**
   * @param passwordHash made before proposing
   */
  record UserChangePassword(String name, String passwordHash) implements AuthChange {
    @Override
    public String toString() {
      return "UserChangePassword[" + name + "]";
    }
  }

  record UserGrantRole(String user, String role) implements AuthChange {}

  record UserRevokeRole(String user, String role) implements AuthChange {}

  record RoleAdd(String name) implements AuthChange {}

  record RoleDelete(String name) implements AuthChange {}

  record RoleGrantPermission(String role, Permission permission) implements AuthChange {}

  record RoleRevokePermission(String role, KeyRange range) implements AuthChange {}

  /**
   * Signs a user in on all members, whose password was checked before proposing.
   *
   * @param tokenDigest of the token's secret, which only the member that proposes it knows
   * @param checkedRevision the auth revision at which the password was checked: refused when users
   *     have changed since
   */
  record Authenticate(String user, byte[] tokenDigest, long checkedRevision) implements Command {}
}
