package io.holdfast.server.service.member;

import io.holdfast.server.apply.MemberDirectory;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.SetAside;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.Recovered;
import io.holdfast.server.wal.VoteFile;
import io.holdfast.server.wal.VoteFile.Promise;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Opens a member's files and brings them together: vote file, log and store. What does not check
 * out, or does not belong together, is never served. It is
 *
 * <ul>
 *   <li>rebuilt from the log, where that goes back to the beginning and only the store is bad;
 *   <li>set aside, and the member starts in repair: the others give it back what it lost, see
 *       {@link Restored#repairing}. That needs its term and vote, and enough others to elect a
 *       leader without it;
 *   <li>refused otherwise, with what is wrong and what to do.
 * </ul>
 *
 * <p>The store may lag behind the log: what is missing is applied again. It may be ahead of it only
 * when a snapshot of the leader was installed and the process ended before the log took note; the
 * log is then started anew behind it. Both must agree on the term of the entry they meet at.
 */
final class StorageOpening {
  private static final System.Logger LOGGER = System.getLogger(StorageOpening.class.getName());

  /** The disk of a member that had to be repaired so often should not be trusted any more. */
  private static final int REPAIRS_MAX = 8;

  private final DataDirectory directory;
  private final WalIdentity self;
  private final int configuredMembers;
  private final MemberEnvironment environment;
  private final Disk spaceDisk;
  private final WalOptions walOptions;
  private final Optional<SnapshotMetadata> received;
  private Promise known = Promise.NONE;

  /** What the store says; nobody while it has not been read. */
  private ConfState stored = ConfState.NONE;

  private boolean promiseKnown;
  private boolean rebuilt;

  /**
   * A member's open files, and what its core starts from. The caller closes them.
   *
   * @param rebuilt whether the store is being made anew from the log
   */
  record Opened(
      VoteFile votes,
      Wal wal,
      StoreFile storeFile,
      MvccStore store,
      Restored restored,
      boolean rebuilt) {}

  /** Something that keeps the member from starting as it is. */
  private static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean logLost;
    private final boolean storeLost;
    private final boolean logFromStart;

    private Unusable(
        String what, Throwable cause, boolean logLost, boolean storeLost, boolean logFromStart) {
      super(what, cause, false, true);
      this.logLost = logLost;
      this.storeLost = storeLost;
      this.logFromStart = logFromStart;
    }

    static Unusable log(String what, Throwable cause) {
      return new Unusable(what, cause, true, false, false);
    }

    static Unusable store(String what, Throwable cause, boolean logFromStart) {
      return new Unusable(what, cause, false, true, logFromStart);
    }
  }

  private StorageOpening(
      DataDirectory directory,
      MemberIdentity identity,
      int configuredMembers,
      MemberEnvironment environment,
      Disk spaceDisk,
      WalOptions walOptions,
      Optional<SnapshotMetadata> received) {
    this.directory = directory;
    this.self = new WalIdentity(identity.memberId(), identity.clusterId());
    this.configuredMembers = configuredMembers;
    this.environment = environment;
    this.spaceDisk = spaceDisk;
    this.walOptions = walOptions;
    this.received = received;
  }

  /**
   * @param configuredMembers how many members the flags name, in case the store cannot say
   * @param spaceDisk what log and store write to; keeps an eye on the space that is left
   * @param received the newest snapshot that lies complete in the directory
   * @throws StartupException when the files cannot be used and not be repaired
   */
  static Opened open(
      DataDirectory directory,
      MemberIdentity identity,
      int configuredMembers,
      MemberEnvironment environment,
      Disk spaceDisk,
      WalOptions walOptions,
      Optional<SnapshotMetadata> received) {
    StorageOpening opening =
        new StorageOpening(
            directory, identity, configuredMembers, environment, spaceDisk, walOptions, received);
    // Log and store can be bad each, and a repair can have been cut short.
    for (int attempt = 0; attempt < 4; attempt++) {
      try {
        return opening.attempt();
      } catch (Unusable damage) {
        opening.mend(damage);
      }
    }
    throw new StartupException(
        "the files in "
            + directory.wal()
            + " and "
            + directory.snap()
            + " fail again and again"
            + " though they were made anew: check the disk");
  }

  private Opened attempt() throws Unusable {
    Optional<Promise> kept = VoteFile.read(disk(), directory.votes(), self);
    kept.ifPresent(this::learn);
    Wal.Opened log = openLog();
    try {
      if (!log.recovered().fresh()) {
        HardState written = log.recovered().hardState();
        learn(new Promise(written.term(), written.vote(), known.repairing()));
      } else if (kept.isEmpty()) {
        promiseKnown = true;
      }
      return withStore(log);
    } catch (Throwable e) {
      closeQuietly(log.wal(), e);
      throw e;
    }
  }

  /** Of several promises the newest counts; each was durable before it left. */
  private void learn(Promise promise) {
    if (promiseKnown && promise.term() == known.term() && promise.vote() != known.vote()) {
      if (promise.vote() != 0 && known.vote() != 0) {
        throw new StartupException(
            directory.votes()
                + " and the log "
                + directory.wal()
                + " disagree on this member's"
                + " vote in term "
                + promise.term()
                + ": they are of different times; put back"
                + " files that belong together, or remove this member and add it again");
      }
      known = new Promise(known.term(), known.vote() | promise.vote(), known.repairing());
    } else if (!promiseKnown || promise.term() > known.term()) {
      known = promise;
    }
    promiseKnown = true;
  }

  private Wal.Opened openLog() throws Unusable {
    try {
      return Wal.open(directory.wal(), walOptions, self);
    } catch (DamagedStorageException e) {
      throw Unusable.log(e.what(), e);
    }
  }

  private Opened withStore(Wal.Opened log) throws Unusable {
    boolean logFromStart = log.recovered().snapshot().isNone() && !log.recovered().fresh();
    refuseCondemned(logFromStart);
    StoreFile storeFile;
    try {
      storeFile =
          StoreFile.open(
              spaceDisk,
              directory.store(),
              environment.backendOptions(),
              environment.mvccOptions());
    } catch (DamagedStorageException e) {
      throw Unusable.store(e.what(), e, logFromStart);
    }
    try {
      MvccStore store = openStore(storeFile.backend(), logFromStart);
      Restored restored = fit(log, storeFile.backend());
      HardState start = restored.hardState();
      VoteFile votes =
          VoteFile.open(
              disk(),
              directory.votes(),
              self,
              new Promise(start.term(), start.vote(), restored.repairing()));
      return new Opened(votes, log.wal(), storeFile, store, restored, rebuilt);
    } catch (Throwable e) {
      closeQuietly(storeFile, e);
      throw e;
    }
  }

  private void refuseCondemned(boolean logFromStart) throws Unusable {
    try {
      if (disk().exists(directory.condemned())) {
        throw Unusable.store(
            "store file "
                + directory.store()
                + " was condemned while the member ran, see "
                + directory.condemned(),
            null,
            logFromStart);
      }
    } catch (IOException e) {
      throw new StartupException("cannot look into " + directory.snap() + " (" + e + ")", e);
    }
  }

  private MvccStore openStore(Backend backend, boolean logFromStart) throws Unusable {
    try {
      return MvccStore.open(backend, environment.mvccOptions());
    } catch (CorruptRecordException e) {
      throw Unusable.store(
          "store file " + directory.store() + " is damaged (" + e.getMessage() + ")",
          e,
          logFromStart);
    }
  }

  /** Looks whether the store's state is one that this log leads on from. */
  private Restored fit(Wal.Opened log, Backend backend) throws Unusable {
    Recovered found = log.recovered();
    long applied = backend.appliedIndex();
    stored = MemberDirectory.read(backend.bucket(MemberDirectory.BUCKET)).confState();
    if (found.fresh() && !known.repairing() && (applied > 0 || known.term() > 0)) {
      throw Unusable.log(
          "the log "
              + directory.wal()
              + " is new, but this member has taken part in term "
              + Math.max(known.term(), backend.appliedTerm())
              + " and its store shows index "
              + applied,
          null);
    }
    if (applied < found.snapshot().index()) {
      throw Unusable.store(
          "the store "
              + directory.store()
              + " shows index "
              + applied
              + " but the log "
              + directory.wal()
              + " begins behind index "
              + found.snapshot().index(),
          null,
          false);
    }
    if (applied <= found.lastIndex() && termAt(found, applied) == backend.appliedTerm()) {
      SnapshotMetadata snapshot =
          found.snapshot().isNone() ? SnapshotMetadata.initial(ConfState.NONE) : found.snapshot();
      return new Restored(
          new HardState(known.term(), known.vote(), found.hardState().commit()),
          snapshot,
          found.entries(),
          applied,
          known.repairing());
    }
    boolean installed =
        received.isPresent()
            && received.get().index() == applied
            && received.get().term() == backend.appliedTerm();
    if (!installed && !known.repairing()) {
      throw Unusable.log(
          "the log "
              + directory.wal()
              + " ends at index "
              + found.lastIndex()
              + " or has another term there, but the store "
              + directory.store()
              + " shows index "
              + applied
              + " of term "
              + backend.appliedTerm()
              + ": the log has lost entries",
          null);
    }
    return beginBehind(
        log.wal(),
        installed ? received.get() : new SnapshotMetadata(applied, backend.appliedTerm(), stored));
  }

  /** Starts the log anew behind the state that the store shows. */
  private Restored beginBehind(Wal wal, SnapshotMetadata state) {
    long vote = state.term() > known.term() ? 0 : known.vote();
    HardState hardState = new HardState(Math.max(state.term(), known.term()), vote, state.index());
    wal.snapshotInstalled(state);
    wal.append(Optional.of(hardState), List.of());
    wal.sync();
    return new Restored(hardState, state, List.of(), state.index(), known.repairing());
  }

  private static long termAt(Recovered log, long index) {
    return index == log.snapshot().index()
        ? log.snapshot().term()
        : log.entries().get((int) (index - log.snapshot().index() - 1)).term();
  }

  /** Puts out of the way what cannot be used, if the member can come back without it. */
  private void mend(Unusable damage) {
    try {
      if (damage.storeLost && damage.logFromStart) {
        int number = nextNumber(damage);
        setStoreAside(number);
        rebuilt = true;
        LOGGER.log(
            System.Logger.Level.WARNING,
            damage.getMessage()
                + "; it is set aside as "
                + SetAside.name("db", number)
                + " and made anew from the log");
        return;
      }
      requireOthers(damage);
      int number = nextNumber(damage);
      // From here on the member counts as one that has lost its log, wherever a crash comes.
      known = new Promise(known.term(), known.vote(), true);
      VoteFile.open(disk(), directory.votes(), self, known).close();
      if (damage.storeLost) {
        setStoreAside(number);
      }
      Wal.setAside(disk(), directory.wal(), number);
      LOGGER.log(
          System.Logger.Level.WARNING,
          damage.getMessage()
              + "; the files are set aside under names that end in "
              + SetAside.name("", number)
              + ", and this member takes no part in elections until the"
              + " others have given it back what it lost");
    } catch (IOException e) {
      throw new StorageFailure("setting damaged files aside failed", e);
    }
  }

  private void requireOthers(Unusable damage) {
    int voters = stored.voters().isEmpty() ? configuredMembers : stored.voters().size();
    if (voters < 3) {
      throw refusal(
          damage,
          voters == 1
              ? "this member is alone in its cluster, so nobody can give it back what it lost"
              : "the cluster has two members, and one of them cannot elect a leader that could"
                  + " repair the other",
          "put the file back if you have it, or restore the cluster from a backup");
    }
    if (!promiseKnown) {
      throw refusal(
          damage,
          directory.votes()
              + ", which keeps this member's last vote for such a case, is missing or"
              + " damaged too, so it might vote twice",
          "remove this member from the cluster and add it again with an empty data directory");
    }
  }

  private int nextNumber(Unusable damage) throws IOException {
    int number = SetAside.nextNumber(disk(), directory.wal(), directory.snap());
    if (number > REPAIRS_MAX) {
      throw refusal(
          damage,
          "this member was repaired " + REPAIRS_MAX + " times already",
          "check the disk, then delete the files whose names end in .damaged-N");
    }
    return number;
  }

  private static StartupException refusal(Unusable damage, String why, String advice) {
    return new StartupException(
        damage.getMessage() + "; " + why + "; nothing was changed: " + advice, damage);
  }

  private void setStoreAside(int number) throws IOException {
    Path store = directory.store();
    Backend.forgetSynced(disk(), store);
    if (disk().exists(store)) {
      String name = store.getFileName().toString();
      disk().rename(store, store.resolveSibling(SetAside.name(name, number)));
      disk().syncDirectory(directory.snap());
    }
    if (disk().exists(directory.condemned())) {
      disk().delete(directory.condemned());
      disk().syncDirectory(directory.snap());
    }
  }

  private Disk disk() {
    return environment.disk();
  }

  private static void closeQuietly(AutoCloseable open, Throwable reason) {
    try {
      open.close();
    } catch (Exception | Error e) {
      reason.addSuppressed(e);
    }
  }
}
