package io.holdfast.server.apply;

import io.holdfast.server.backend.Bucket;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.membership.ConfState;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Keeps the {@link Membership} of the applied index in the store, in the same version as the data.
 * Changed on the loop thread by committed entries, read by any thread.
 */
public final class MemberDirectory {
  /** Where the membership lies in the store. */
  public static final String BUCKET = "membership";

  private static final byte[] REMOVED = {1};
  private static final byte[] DOWNGRADE = {'d'};

  private Bucket bucket;
  private volatile Membership membership;
  private volatile Optional<String> downgradeTarget;

  MemberDirectory(Bucket bucket) {
    load(bucket);
  }

  /** The membership at the applied index. */
  public Membership membership() {
    return membership;
  }

  /**
   * The version that the cluster is being downgraded to, {@code major.minor.0}; empty when none is
   * under way. A restored or forced new cluster has none.
   */
  public Optional<String> downgradeTarget() {
    return downgradeTarget;
  }

  /**
   * Writes a whole membership in the place of another: for the founding of a cluster, and for a new
   * one that is made of a backup. Durable with the backend's next commit and sync.
   */
  public static void replace(Bucket bucket, Membership membership) {
    bucket.clear();
    membership
        .members()
        .forEach(
            (id, member) ->
                bucket.put(
                    MembershipCodec.key(MembershipCodec.MEMBER, id),
                    MembershipCodec.encode(member)));
    membership
        .removedIds()
        .forEach(id -> bucket.put(MembershipCodec.key(MembershipCodec.REMOVED, id), REMOVED));
    bucket.put(MembershipCodec.confStateKey(), MembershipCodec.encode(membership.confState()));
  }

  /** What a store's bucket says; {@link Membership#NONE} when it is empty. */
  public static Membership read(Bucket from) {
    SortedMap<Long, MemberRecord> members = new TreeMap<>();
    Set<Long> removed = new TreeSet<>();
    from.forEach(
        (key, value) -> {
          if (key.length > 0 && key[0] == MembershipCodec.MEMBER) {
            MemberRecord member = MembershipCodec.decodeMember(key, value);
            members.put(member.memberId(), member);
          } else if (key.length > 0 && key[0] == MembershipCodec.REMOVED) {
            removed.add(MembershipCodec.memberId(key));
          }
        });
    ConfState confState =
        from.get(MembershipCodec.confStateKey())
            .map(MembershipCodec::decodeConfState)
            .orElse(Membership.NONE.confState());
    return new Membership(members, removed, confState);
  }

  void load(Bucket from) {
    bucket = from;
    membership = read(from);
    downgradeTarget = from.get(DOWNGRADE).map(text -> new String(text, StandardCharsets.US_ASCII));
  }

  /**
   * A cluster begins. Where there is one already, it begins anew with these members alone: the
   * operator has given the others up, and none of them may come back.
   */
  void apply(Command.Founding founding) {
    Membership founded = Membership.founding(founding.members());
    Set<Long> removed = new TreeSet<>(membership.removedIds());
    removed.addAll(membership.members().keySet());
    removed.removeAll(founded.members().keySet());
    Membership first = new Membership(founded.members(), removed, founded.confState());
    replace(bucket, first);
    membership = first;
    downgradeTarget = Optional.empty();
  }

  void apply(Command.MembershipChange change, ConfState confState) {
    Membership next = membership.after(change, confState);
    byte[] key = MembershipCodec.key(MembershipCodec.MEMBER, change.memberId());
    next.find(change.memberId())
        .ifPresentOrElse(
            member -> bucket.put(key, MembershipCodec.encode(member)), () -> bucket.remove(key));
    if (change instanceof Command.MemberRemove) {
      bucket.put(MembershipCodec.key(MembershipCodec.REMOVED, change.memberId()), REMOVED);
    }
    store(next);
  }

  /** A joint membership was left: nobody came or went. */
  void apply(ConfState confState) {
    store(membership.withConfState(confState));
  }

  /**
   * @throws io.holdfast.server.error.StoreException CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS or
   *     NO_INFLIGHT_DOWNGRADE_JOB, when nothing can begin or end
   */
  void apply(Command.SetDowngrade change) {
    if (change.targetVersion().isPresent()) {
      if (downgradeTarget.isPresent()) {
        throw EtcdError.CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS.asException();
      }
      bucket.put(DOWNGRADE, change.targetVersion().get().getBytes(StandardCharsets.US_ASCII));
    } else {
      if (downgradeTarget.isEmpty()) {
        throw EtcdError.NO_INFLIGHT_DOWNGRADE_JOB.asException();
      }
      bucket.remove(DOWNGRADE);
    }
    downgradeTarget = change.targetVersion();
  }

  void apply(Command.MemberAttributes told) {
    Membership next = membership.after(told);
    next.find(told.memberId())
        .ifPresent(
            member ->
                bucket.put(
                    MembershipCodec.key(MembershipCodec.MEMBER, told.memberId()),
                    MembershipCodec.encode(member)));
    membership = next;
  }

  private void store(Membership next) {
    bucket.put(MembershipCodec.confStateKey(), MembershipCodec.encode(next.confState()));
    membership = next;
  }
}
