package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.wal.Wal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Makes a member the only one of its cluster, though nobody else agrees: the operator's way out
 * when a majority is lost for good.
 *
 * <p>One entry is added behind all others of the log that says so. As a membership counts from the
 * moment it is logged, the member can then elect itself and commit everything its log holds. That
 * may include entries that no majority ever had. It is better to keep them than to drop them, as
 * etcd does: whether an entry was acknowledged is not known here, and one that was must not be
 * lost. Cluster and member keep their ids; the ids of the others are never used again.
 */
final class ForcedCluster {
  private static final System.Logger LOGGER = System.getLogger(ForcedCluster.class.getName());

  private ForcedCluster() {}

  /**
   * @throws StartupException when there is no data to keep: nothing was written
   */
  static void check(Beginning beginning, MemberConfig config) {
    if (!(beginning instanceof Beginning.Restart)) {
      throw new StartupException(
          "--force-new-cluster keeps the data of a member that has run before, but "
              + config.dataDirectory()
              + " holds none: give that member's --data-dir, or leave the flag out");
    }
  }

  /**
   * Logs the new membership, durably; does nothing when the member is alone already.
   *
   * @param applied the membership that the store shows
   * @throws StartupException when the log was lost: it cannot tell what others have of it
   */
  static Restored force(
      Wal wal, Restored found, MemberIdentity self, Membership applied, MemberConfig config) {
    if (found.repairing()) {
      throw new StartupException(
          "--force-new-cluster needs a whole log, and this member's was damaged and set aside:"
              + " force another member, or restore a backup");
    }
    ConfState current = latest(found);
    ConfState alone = ConfState.ofVoters(List.of(self.memberId()));
    if (current.equals(alone)) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "--force-new-cluster: this member is alone in its cluster already; leave the flag out");
      return found;
    }
    MemberRecord own =
        applied
            .find(self.memberId())
            .map(
                record ->
                    new MemberRecord(
                        record.memberId(),
                        record.name(),
                        record.peerUrls(),
                        record.clientUrls(),
                        false))
            .orElseGet(
                () ->
                    new MemberRecord(
                        self.memberId(),
                        config.name(),
                        config.initialAdvertisePeerUrls(),
                        List.of(),
                        false));
    byte[] context =
        new CommandCodec().encode(Command.Founding.REQUEST_ID, new Command.Founding(List.of(own)));
    long last =
        found.entries().isEmpty()
            ? found.snapshot().index()
            : found.entries().get(found.entries().size() - 1).index();
    Entry entry =
        new Entry(
            last + 1,
            Math.max(1, found.hardState().term()),
            EntryType.CONFIG_CHANGE,
            new LoggedConfChange(new ConfChange(List.of(), context), alone).encode());
    wal.append(Optional.of(found.hardState()), List.of(entry));
    wal.sync();
    LOGGER.log(
        System.Logger.Level.WARNING,
        "--force-new-cluster: member "
            + Long.toHexString(self.memberId())
            + " is the only one of its cluster from index "
            + entry.index()
            + " on; given up: "
            + others(current, self.memberId()));
    List<Entry> entries = new ArrayList<>(found.entries());
    entries.add(entry);
    return new Restored(found.hardState(), found.snapshot(), entries, found.appliedIndex(), false);
  }

  /** The membership of the last change in the log, whether it is committed or not. */
  private static ConfState latest(Restored found) {
    for (int i = found.entries().size() - 1; i >= 0; i--) {
      Entry entry = found.entries().get(i);
      if (entry.type() == EntryType.CONFIG_CHANGE) {
        return LoggedConfChange.decode(entry.data()).confState();
      }
    }
    return found.snapshot().confState();
  }

  private static List<String> others(ConfState conf, long self) {
    SortedSet<Long> ids = new TreeSet<>(conf.voters());
    ids.addAll(conf.votersOutgoing());
    ids.addAll(conf.learners());
    ids.addAll(conf.learnersNext());
    ids.remove(self);
    return ids.stream().map(Long::toHexString).toList();
  }
}
