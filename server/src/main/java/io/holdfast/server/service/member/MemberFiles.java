package io.holdfast.server.service.member;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.snapshot.SnapshotDamagedException;
import io.holdfast.server.snapshot.SnapshotFiles;
import java.io.IOException;
import java.util.Optional;

/**
 * What lies under a member's data directory, open: the directory itself and its lock, log, vote and
 * store brought together, and the snapshots that peers have sent.
 *
 * @param storage what the log and the store say the member has to go on from
 */
record MemberFiles(
    DataDirectory directory,
    DiskSpace space,
    SnapshotFiles snapshots,
    StorageOpening.Opened storage) {
  private static final System.Logger LOGGER = System.getLogger(MemberFiles.class.getName());

  /**
   * Opens them; mends what can be mended.
   *
   * @param resources where what is open is noted
   * @throws StartupException when the files cannot be used
   */
  static MemberFiles open(
      MemberConfig config,
      MemberIdentity identity,
      MemberEnvironment environment,
      Resources resources) {
    DataDirectory directory = resources.opened(DataDirectory.open(environment.disk(), config));
    DiskSpace space =
        new DiskSpace(environment.disk(), directory.wal(), directory.snap(), directory.reserve());
    SnapshotFiles snapshots = snapshots(environment.disk(), directory, identity);
    Optional<ReceivedSnapshot> received = newest(snapshots);
    StorageOpening.Opened storage =
        StorageOpening.open(
            directory,
            identity,
            config.initialCluster().size(),
            environment,
            space.disk(),
            Settings.walOptions(
                environment.walOptions(),
                space,
                new MeasuredWrites(config.timings(), environment.clock()::nanoTime)),
            received.map(ReceivedSnapshot::metadata));
    resources.opened(storage.votes());
    resources.opened(storage.wal());
    resources.opened(storage.storeFile());
    long appliedIndex = storage.storeFile().backend().appliedIndex();
    received.ifPresent(snapshot -> putAside(snapshots, snapshot, appliedIndex));
    return new MemberFiles(directory, space, snapshots, storage);
  }

  private static SnapshotFiles snapshots(
      Disk disk, DataDirectory directory, MemberIdentity identity) {
    try {
      SnapshotFiles files = SnapshotFiles.open(disk, directory.snap(), identity.clusterId());
      files.removeLeftovers();
      return files;
    } catch (IOException e) {
      throw new StartupException("cannot use " + directory.snap() + " (" + e + ")", e);
    }
  }

  private static Optional<ReceivedSnapshot> newest(SnapshotFiles snapshots) {
    try {
      return snapshots.newest();
    } catch (SnapshotDamagedException e) {
      return setAside(snapshots, e);
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "a received snapshot cannot be used and is left alone: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** What was received and is damaged is sent again if it is still needed. */
  private static Optional<ReceivedSnapshot> setAside(
      SnapshotFiles snapshots, SnapshotDamagedException damage) {
    try {
      String name = snapshots.setNewestAside().orElse("nothing");
      LOGGER.log(
          System.Logger.Level.WARNING,
          "a received snapshot is damaged and set aside as " + name + ": " + damage.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new StartupException("cannot set a damaged snapshot aside (" + e + ")", e);
    }
  }

  /** A snapshot that was received and not installed is where the next transfer goes on. */
  private static void putAside(
      SnapshotFiles snapshots, ReceivedSnapshot received, long appliedIndex) {
    try {
      if (received.metadata().index() > appliedIndex) {
        snapshots.demote(received);
      } else {
        received.delete();
      }
    } catch (IOException e) {
      throw new StartupException("cannot put a received snapshot aside (" + e + ")", e);
    }
  }
}
