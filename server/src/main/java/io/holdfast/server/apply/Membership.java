package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.membership.ConfState;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who belongs to the cluster after a certain entry of the log: the members with their URLs, those
 * that were removed, and what Raft counts votes by. Immutable; any thread may read it.
 *
 * <p>A member that is added as a voter does not count before it has caught up: until then Raft
 * treats it as a learner, though it is none to anybody else. So a cluster that grows never depends
 * on a member that has not started yet.
 *
 * <p>The rules for changes are etcd's. They are checked on the leader before a change enters the
 * log, against the state that every change before has been applied to, and so hold on every member
 * when it is applied.
 *
 * @param members by id, in unsigned order
 * @param removedIds ids that no member can have again
 * @param confState voters and learners
 */
public record Membership(
    SortedMap<Long, MemberRecord> members, Set<Long> removedIds, ConfState confState) {
  /** Before the founding, or before the first snapshot of a cluster that is being joined. */
  public static final Membership NONE =
      new Membership(new TreeMap<>(), Set.of(), ConfState.ofVoters(Set.of()));

  public Membership {
    SortedMap<Long, MemberRecord> ordered = new TreeMap<>(Long::compareUnsigned);
    ordered.putAll(members);
    members = Collections.unmodifiableSortedMap(ordered);
    removedIds = Collections.unmodifiableSet(new TreeSet<>(removedIds));
  }

  /** The first members of a cluster, all of them voters. */
  public static Membership founding(Collection<MemberRecord> founders) {
    SortedMap<Long, MemberRecord> members = new TreeMap<>();
    founders.forEach(founder -> members.put(founder.memberId(), founder));
    return new Membership(members, Set.of(), ConfState.ofVoters(members.keySet()));
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  public Optional<MemberRecord> find(long memberId) {
    return Optional.ofNullable(members.get(memberId));
  }

  public boolean isLearner(long memberId) {
    MemberRecord member = members.get(memberId);
    return member != null && member.learner();
  }

  public boolean isRemoved(long memberId) {
    return removedIds.contains(memberId);
  }

  /** The members that vote, in the order of their ids. */
  public List<MemberRecord> voters() {
    return members.values().stream().filter(member -> !member.learner()).toList();
  }

  /** Whether a member was added as a voter and does not count yet. */
  public boolean isJoining(long memberId) {
    return confState.learners().contains(memberId) && !isLearner(memberId);
  }

  /** The members that do not vote, in the order of their ids. */
  public List<MemberRecord> learners() {
    return members.values().stream().filter(MemberRecord::learner).toList();
  }

  /**
   * Whether a change may be made to this membership.
   *
   * @param learnersMax how many learners there may be
   * @throws io.holdfast.server.error.StoreException with etcd's error when it may not
   */
  public void check(Command.MembershipChange change, int learnersMax) {
    if (isRemoved(change.memberId())) {
      throw EtcdError.MEMBER_NOT_FOUND.asException();
    }
    if (change instanceof Command.MemberAdd add) {
      if (members.containsKey(add.memberId())) {
        throw EtcdError.MEMBER_ID_EXISTS.asException();
      }
      checkUnused(add.memberId(), add.peerUrls());
      if (add.learner() && learners().size() >= learnersMax) {
        throw EtcdError.TOO_MANY_LEARNER_MEMBERS_IN_CLUSTER.asException();
      }
      return;
    }
    MemberRecord member =
        find(change.memberId()).orElseThrow(EtcdError.MEMBER_NOT_FOUND::asException);
    if (change instanceof Command.MemberUpdate update) {
      checkUnused(update.memberId(), update.peerUrls());
    } else if (change instanceof Command.MemberPromote && !member.learner()
        || change instanceof Command.MemberJoined && !isJoining(member.memberId())) {
      throw EtcdError.MEMBER_NOT_LEARNER.asException();
    } else if (change instanceof Command.MemberRemove
        && !member.learner()
        && voters().size() == 1) {
      // Nobody would be left to agree on anything, not even on the removal.
      throw EtcdError.NOT_ENOUGH_STARTED_MEMBERS.asException();
    }
  }

  /**
   * The membership after a change that {@link #check} has let pass.
   *
   * @param newConfState what Raft counts votes by from the change's entry on
   */
  Membership after(Command.MembershipChange change, ConfState newConfState) {
    SortedMap<Long, MemberRecord> changed = new TreeMap<>(members);
    Set<Long> removed = removedIds;
    long id = change.memberId();
    if (change instanceof Command.MemberAdd add) {
      changed.put(id, MemberRecord.added(id, add.peerUrls(), add.learner()));
    } else if (change instanceof Command.MemberRemove) {
      changed.remove(id);
      removed = new TreeSet<>(removedIds);
      removed.add(id);
    } else if (change instanceof Command.MemberUpdate update) {
      changed.computeIfPresent(id, (key, member) -> member.withPeerUrls(update.peerUrls()));
    } else if (change instanceof Command.MemberPromote) {
      changed.computeIfPresent(id, (key, member) -> member.asVoter());
    }
    return new Membership(changed, removed, newConfState);
  }

  /** The membership after a member told its name; unchanged when it is none (any more). */
  Membership after(Command.MemberAttributes told) {
    SortedMap<Long, MemberRecord> changed = new TreeMap<>(members);
    changed.computeIfPresent(
        told.memberId(), (id, member) -> member.withAttributes(told.name(), told.clientUrls()));
    return new Membership(changed, removedIds, confState);
  }

  Membership withConfState(ConfState newConfState) {
    return new Membership(members, removedIds, newConfState);
  }

  private void checkUnused(long memberId, List<String> peerUrls) {
    boolean used =
        members.values().stream()
            .filter(member -> member.memberId() != memberId)
            .anyMatch(member -> !Collections.disjoint(member.peerUrls(), peerUrls));
    if (used) {
      throw EtcdError.PEER_URLS_EXIST.asException();
    }
  }
}
