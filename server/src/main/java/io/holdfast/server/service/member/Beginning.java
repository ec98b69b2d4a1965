package io.holdfast.server.service.member;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.transport.MemberInquiry;
import io.holdfast.server.wal.VoteFile;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a member comes to be: it goes on with what its data directory says, founds a cluster, or
 * joins one. Decided before anything is written. A data directory that has begun wins over every
 * flag about the cluster, as with etcd.
 */
sealed interface Beginning {
  System.Logger LOGGER = System.getLogger(Beginning.class.getName());

  /** How long a founder waits for members that may tell it that the cluster exists already. */
  long INQUIRY_MILLIS_MAX = 1_000;

  MemberIdentity identity();

  /** Goes on. */
  record Restart(MemberIdentity identity) implements Beginning {}

  /** Founds a cluster together with others, or alone. */
  record Founder(Founding founding) implements Beginning {
    @Override
    public MemberIdentity identity() {
      return founding.identity();
    }
  }

  /**
   * Joins a cluster.
   *
   * @param known its members, as another one told; to reach them until the log has come
   */
  record Joiner(MemberIdentity identity, Membership known) implements Beginning {}

  /**
   * Looks at the data directory, the flags and the other members.
   *
   * @throws StartupException when they do not fit together; nothing was written
   */
  static Beginning of(MemberConfig config, MemberEnvironment environment) {
    Optional<WalIdentity> found = keptIdentity(config, environment);
    if (found.isPresent()) {
      return new Restart(new MemberIdentity(found.get().clusterId(), found.get().memberId()));
    }
    if (!config.foundsCluster()) {
      environment.checkPeerAddresses(ConfigRules.peerAddresses(config));
      return new Joining(config, environment).begin();
    }
    Founding founding = Founding.of(config);
    if (!founding.isAlone()) {
      environment.checkPeerAddresses(ConfigRules.peerAddresses(config));
      refuseSecondFounding(config, founding, environment);
    }
    return new Founder(founding);
  }

  /**
   * What to do with a log that was created and holds nothing: the process ended in its first
   * moments, or, joining, before the leader had sent it anything.
   */
  static Beginning again(
      MemberIdentity identity, MemberConfig config, MemberEnvironment environment, Restored blank) {
    if (config.foundsCluster() && !blank.repairing()) {
      Founding founding = Founding.of(config);
      if (founding.identity().equals(identity)) {
        return new Founder(founding);
      }
    }
    return new Joiner(identity, new Joining(config, environment).knownTo(identity));
  }

  /** Whether nothing was ever written into log and store but whose they are, perhaps a vote. */
  static boolean isBlank(Restored found) {
    return found.snapshot().isNone() && found.entries().isEmpty() && found.appliedIndex() == 0;
  }

  /** Whose data the directory holds, even if the log is lost or cannot be read. */
  private static Optional<WalIdentity> keptIdentity(
      MemberConfig config, MemberEnvironment environment) {
    Optional<WalIdentity> voter =
        VoteFile.identity(environment.disk(), DataDirectory.votesOf(config));
    try {
      Optional<WalIdentity> writer =
          Wal.identity(DataDirectory.walOf(config), environment.walOptions());
      return writer.isPresent() ? writer : voter;
    } catch (DamagedStorageException e) {
      if (voter.isPresent()) {
        return voter;
      }
      throw e;
    }
  }

  /**
   * Writes what the member's log begins with.
   *
   * @param blank what was found there; a joining member may vote before it has an entry
   */
  default Restored begin(Wal wal, Restored blank) {
    if (this instanceof Founder founder) {
      Restored first = founder.founding().firstState();
      wal.append(Optional.of(first.hardState()), first.entries());
      wal.sync();
      return first;
    }
    return blank;
  }

  /**
   * A member whose disk was lost must not found its cluster a second time: it would vote again
   * where it has voted before.
   */
  private static void refuseSecondFounding(
      MemberConfig config, Founding founding, MemberEnvironment environment) {
    for (Map.Entry<String, List<String>> other : config.initialCluster().entrySet()) {
      if (other.getKey().equals(config.name())) {
        continue;
      }
      for (String url : other.getValue()) {
        try {
          MemberInquiry.Answer answer = environment.inquire(url, INQUIRY_MILLIS_MAX);
          if (answer.clusterId() == founding.identity().clusterId()) {
            refuseIfStarted(config, founding.identity().memberId(), answer);
          }
        } catch (IOException e) {
          // As a rule the others are being founded at this moment, too.
          LOGGER.log(System.Logger.Level.DEBUG, url + " tells nothing: " + e.getMessage());
        }
      }
    }
  }

  private static void refuseIfStarted(
      MemberConfig config, long memberId, MemberInquiry.Answer answer) {
    boolean started =
        answer.members().stream()
            .filter(member -> member.memberId() == memberId)
            .map(MemberRecord::clientUrls)
            .anyMatch(urls -> !urls.isEmpty());
    if (started || answer.removedIds().contains(memberId)) {
      throw new StartupException(
          "member "
              + config.name()
              + " ("
              + Long.toHexString(memberId)
              + ") has run in this cluster before, and its data is not in "
              + config.dataDirectory()
              + ": restore that directory, or remove the member, add it anew and start it with"
              + " --initial-cluster-state=existing");
    }
  }
}
