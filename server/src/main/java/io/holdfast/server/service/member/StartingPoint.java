package io.holdfast.server.service.member;

import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Restored;

/**
 * From where a member goes on.
 *
 * @param restored what its core starts with
 * @param known the members as far as this one knows them
 */
record StartingPoint(Restored restored, Membership known) {

  /**
   * Takes the starting point from the files, and writes what a log begins with, or the forced
   * membership, where that is due.
   *
   * @param stored the membership that the store holds
   * @throws MemberRemovedException when this member was removed from its cluster
   * @throws StartupException when the member cannot start from what the files hold
   */
  static StartingPoint of(
      Beginning beginning,
      MemberFiles files,
      Membership stored,
      MemberConfig config,
      MemberEnvironment environment) {
    MemberIdentity identity = beginning.identity();
    Restored restored = files.storage().restored();
    Membership known = stored;
    if (Beginning.isBlank(restored)) {
      Beginning first =
          beginning instanceof Beginning.Restart
              ? Beginning.again(identity, config, environment, restored)
              : beginning;
      restored = first.begin(files.storage().wal(), restored);
      known = first instanceof Beginning.Joiner joiner ? joiner.known() : known;
    }
    refuseWithoutMembership(restored, known, files.directory());
    if (config.forceNewCluster()) {
      restored = ForcedCluster.force(files.storage().wal(), restored, identity, known, config);
    } else if (known.isRemoved(identity.memberId())) {
      throw new MemberRemovedException(identity.memberId(), config.dataDirectory().toString());
    }
    return new StartingPoint(restored, known);
  }

  /** A directory of a version that kept the membership in its flags alone. */
  private static void refuseWithoutMembership(
      Restored restored, Membership known, DataDirectory directory) {
    boolean begun = restored.appliedIndex() > 0 || !restored.entries().isEmpty();
    boolean foundedInLog =
        !restored.entries().isEmpty()
            && restored.entries().get(0).type() == EntryType.CONFIG_CHANGE;
    if (begun && known.isEmpty() && !foundedInLog) {
      throw new StartupException(
          "the data of "
              + directory.store()
              + " names no members: it was written by a version before this format; start with"
              + " an empty --data-dir");
    }
  }
}
