package io.holdfast.server.service.member;

import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.MemberDirectory;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendFailure;
import io.holdfast.server.backend.BackendLoader;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.backup.BackupReader;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Makes the data directory of a member of a new cluster out of a backup. The keys with their
 * history and the leases are the backup's; cluster, members and their ids are new, so that nobody
 * of the old cluster can ever talk to the new one. The log begins behind the state, at index 1 of
 * term 1: every member that is restored from the same file begins the same.
 *
 * <p>All is built beside its final place and gets its name at the very end, when every file and
 * directory is durable: an interrupted restore leaves no data directory that a member would open,
 * and can simply be repeated.
 */
public final class Restore {
  private static final long FIRST_INDEX = 1;
  private static final long FIRST_TERM = 1;
  private static final String BUILDING = "member.restoring";

  /** What belongs to the old cluster and not to its data. */
  private static final Set<String> LEFT_OUT = Set.of(MemberDirectory.BUCKET, Applier.ALARM_BUCKET);

  private final Disk disk;
  private final Plan plan;
  private final LongConsumer progress;

  /**
   * What is to be made.
   *
   * @param backup the file
   * @param member name, directories, peer URLs, first members and token of the new member, as its
   *     flags will say them
   * @param revisionBump by how much the revision grows, so that no client takes the new history for
   *     the one it knew; 0 for not at all. The history below is then compacted
   * @param hashSkipped whether the SHA-256 at the file's end may be wrong or missing
   */
  public record Plan(Path backup, MemberConfig member, long revisionBump, boolean hashSkipped) {}

  /**
   * What was made.
   *
   * @param revision of the new store
   */
  public record Result(
      BackupReader.Contents contents,
      long clusterId,
      long memberId,
      long revision,
      long keyCount) {}

  /**
   * @param progress told the bytes of the backup that were read
   */
  public Restore(Disk disk, Plan plan, LongConsumer progress) {
    this.disk = disk;
    this.plan = plan;
    this.progress = progress;
  }

  /**
   * Restores.
   *
   * @throws StartupException when the configuration contradicts itself, or there is something at
   *     the target already: nothing was changed
   * @throws IOException when the backup is damaged (naming the part) or of a later format, or files
   *     cannot be written: nothing is left
   */
  public Result run() throws IOException {
    Founding founding = Founding.of(plan.member());
    Path target = plan.member().dataDirectory().toAbsolutePath().normalize();
    Optional<Path> walTarget =
        plan.member().walDirectory().map(path -> path.toAbsolutePath().normalize());
    requireUnused("--data-dir", target, Set.of(BUILDING));
    for (Path wal : walTarget.stream().toList()) {
      requireUnused("--wal-dir", wal, Set.of());
    }
    boolean targetMade = create(target);
    boolean walMade = walTarget.isPresent() && create(walTarget.get());
    Path building = target.resolve(BUILDING);
    Path wal = walTarget.orElse(building.resolve("wal"));
    try {
      removeTree(building);
      disk.createDirectory(building);
      disk.createDirectory(building.resolve("snap"));
      if (walTarget.isEmpty()) {
        disk.createDirectory(wal);
      }
      Result result = fill(founding, building.resolve("snap").resolve("db"));
      writeLog(founding, wal);
      disk.syncDirectory(building.resolve("snap"));
      disk.syncDirectory(wal);
      disk.syncDirectory(building);
      disk.rename(building, target.resolve("member"));
      disk.syncDirectory(target);
      return result;
    } catch (IOException | RuntimeException | StorageFailure e) {
      undo(building, wal, walMade ? walTarget : Optional.empty(), target, targetMade, e);
      if (e instanceof BackendFailure || e instanceof StorageFailure) {
        throw new IOException(e.getMessage(), e);
      }
      throw e;
    }
  }

  private Result fill(Founding founding, Path file) throws IOException {
    BackupReader.Contents contents;
    try (BackendLoader loader = BackendLoader.create(disk, file, BackendOptions.defaults())) {
      contents =
          new BackupReader(disk, plan.backup(), plan.hashSkipped(), progress)
              .read(
                  record -> {
                    if (!LEFT_OUT.contains(record.bucket())) {
                      loader.add(record);
                    }
                  });
      loader.finish(FIRST_INDEX, FIRST_TERM);
    } catch (IllegalArgumentException e) {
      throw new IOException("its state makes no sense: " + e.getMessage(), e);
    }
    try (Backend backend = Backend.open(disk, file, BackendOptions.defaults())) {
      MvccStore store = MvccStore.open(backend, MvccOptions.defaults());
      if (plan.revisionBump() > 0) {
        store.bumpAndCompact(bumped(store.currentRevision()));
      }
      MemberDirectory.replace(backend.bucket(MemberDirectory.BUCKET), founding.membership());
      backend.commit(FIRST_INDEX, FIRST_TERM);
      backend.sync();
      return new Result(
          contents,
          founding.identity().clusterId(),
          founding.identity().memberId(),
          store.currentRevision(),
          store.keyCount());
    } catch (CorruptRecordException e) {
      throw new IOException("its state does not check out: " + e.getMessage(), e);
    }
  }

  private long bumped(long revision) {
    if (plan.revisionBump() > Long.MAX_VALUE / 2 - revision) {
      throw new StartupException(
          "--bump-revision "
              + plan.revisionBump()
              + " leaves no revisions above "
              + revision
              + ": give a smaller number");
    }
    return revision + plan.revisionBump();
  }

  private void writeLog(Founding founding, Path directory) {
    MemberIdentity identity = founding.identity();
    WalIdentity self = new WalIdentity(identity.memberId(), identity.clusterId());
    try (Wal wal = Wal.open(directory, WalOptions.defaults().withDisk(disk), self).wal()) {
      wal.snapshotInstalled(
          new SnapshotMetadata(FIRST_INDEX, FIRST_TERM, founding.membership().confState()));
      wal.append(Optional.of(new HardState(FIRST_TERM, 0, FIRST_INDEX)), List.of());
      wal.sync();
    }
  }

  private void requireUnused(String flag, Path directory, Set<String> leftovers) {
    try {
      if (disk.exists(directory) && !leftovers.containsAll(disk.list(directory))) {
        throw new StartupException(
            flag
                + " "
                + directory
                + " is not empty: nothing was changed; give a directory that does not exist yet,"
                + " or move this one away");
      }
    } catch (IOException e) {
      throw new StartupException(
          flag + " " + directory + " cannot be used (" + e + "): nothing was changed", e);
    }
  }

  private boolean create(Path directory) throws IOException {
    if (disk.exists(directory)) {
      return false;
    }
    Path parent = directory.getParent();
    if (!disk.exists(parent)) {
      create(parent);
    }
    disk.createDirectory(directory);
    disk.syncDirectory(parent);
    return true;
  }

  private void undo(
      Path building,
      Path wal,
      Optional<Path> walMade,
      Path target,
      boolean targetMade,
      Throwable reason) {
    try {
      if (!wal.startsWith(building)) {
        deleteFiles(wal);
      }
      removeTree(building);
      for (Path made : walMade.stream().toList()) {
        disk.delete(made);
      }
      if (targetMade) {
        disk.delete(target);
      }
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  /** Removes what a restore builds; it has no deeper directories. */
  private void removeTree(Path building) throws IOException {
    if (!disk.exists(building)) {
      return;
    }
    for (String name : disk.list(building)) {
      deleteFiles(building.resolve(name));
      disk.delete(building.resolve(name));
    }
    disk.delete(building);
  }

  private void deleteFiles(Path directory) throws IOException {
    if (disk.exists(directory)) {
      for (String name : disk.list(directory)) {
        disk.delete(directory.resolve(name));
      }
    }
  }
}
