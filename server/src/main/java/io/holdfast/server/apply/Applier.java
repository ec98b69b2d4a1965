package io.holdfast.server.apply;

import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.AuthStore;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.PreparedState;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.StateMachine;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * The state machine: executes committed entries in the order of the log, each exactly once.
 *
 * <p>An entry is at most one transaction of the key space, and what it does depends on the state
 * and its command alone. A command that is refused (an unknown lease, a compacted revision) is
 * refused on every member and changes nothing on any. If a local request waits for an entry, it is
 * answered, and its command is not decoded a second time.
 *
 * <p><b>Durability.</b> Entries are durable in the log before they come here. {@link #commit}
 * writes data and applied index in one version of the store; after a crash the entries above that
 * version are applied again.
 *
 * <p><b>Threads.</b> The loop thread, unless a method says otherwise.
 */
public final class Applier implements StateMachine {
  /** The bucket of the leases. */
  public static final String LEASE_BUCKET = "leases";

  /** The bucket of the alarms. */
  public static final String ALARM_BUCKET = "alarms";

  private static final int COMPACTION_WORK_MAX = 1000;

  /** Answers are given in the middle of a batch when they hold so much. */
  private static final long ANSWER_BYTES_MAX = ReadBudget.BYTES_MAX;

  private record Answer(
      CompletableFuture<CommandResult> future, CommandResult result, StoreException refusal) {
    void give() {
      if (refusal == null) {
        future.complete(result);
      } else {
        future.completeExceptionally(refusal);
      }
    }
  }

  private final Lessor lessor;
  private final MemberDirectory members;
  private final AlarmBook alarms;
  private final AuthStore auth;
  private final TokenBook tokens;
  private final AuthExecutor authExecutor;
  private final CommandFormat format;
  private final PendingRequests pending;
  private final LongSupplier nanoTime;
  private final SnapshotInstaller installer;
  private final List<AppliedListener> listeners = new ArrayList<>();
  private ApplyObserver observer = ApplyObserver.NOBODY;
  private boolean removing;
  private long removalStartNanos;
  private final List<Answer> answers = new ArrayList<>();
  private final List<Answer> afterCompaction = new ArrayList<>();
  private long answerBytes;
  private volatile Backend backend;
  private volatile MvccStore store;
  private KeySpaceWriter keySpace;
  private long index;
  private long term;
  private volatile long appliedIndex;
  private volatile long appliedTerm;

  /**
   * Takes over an opened state; attaches the keys that have leases.
   *
   * @param lessor made of {@link #LEASE_BUCKET} of the backend
   * @param tokens where users that sign in are noted
   * @param nanoTime monotonic time, for the leases that this member keeps time of when it leads
   * @param installer puts received snapshots in the place of the state
   */
  public Applier(
      Backend backend,
      MvccStore store,
      Lessor lessor,
      TokenBook tokens,
      CommandFormat format,
      PendingRequests pending,
      LongSupplier nanoTime,
      SnapshotInstaller installer) {
    this.lessor = lessor;
    this.members = new MemberDirectory(backend.bucket(MemberDirectory.BUCKET));
    this.alarms = new AlarmBook(backend.bucket(ALARM_BUCKET));
    this.auth = new AuthStore(backend.bucket(AuthStore.BUCKET));
    this.tokens = tokens;
    this.authExecutor = new AuthExecutor(auth, tokens);
    this.format = format;
    this.pending = pending;
    this.nanoTime = nanoTime;
    this.installer = installer;
    adopt(backend, store);
    store.forEachLeasedKey(lessor::attach);
  }

  /** Adds a listener; before the first entry is applied. */
  public void addListener(AppliedListener listener) {
    listeners.add(listener);
  }

  /** Says who is told how long work takes; before the first entry is applied. */
  public void observe(ApplyObserver told) {
    observer = told;
  }

  /** The store as it is now; a snapshot may replace it. Any thread. */
  public MvccStore store() {
    return store;
  }

  /** The file of the store as it is now; a snapshot may replace it. Any thread. */
  public Backend backend() {
    return backend;
  }

  /** Who belongs to the cluster. Any thread. */
  public MemberDirectory members() {
    return members;
  }

  /** The standing alarms. Any thread reads; only committed commands change them. */
  public AlarmBook alarms() {
    return alarms;
  }

  /** Users and permissions at the applied index. Any thread. */
  public AuthState auth() {
    return auth.state();
  }

  /** Any thread. */
  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  /** Any thread. */
  @Override
  public long appliedTerm() {
    return appliedTerm;
  }

  /** Any thread. */
  @Override
  public ConfState confState() {
    return members.membership().confState();
  }

  @Override
  public void apply(List<Entry> committed) {
    for (Entry entry : committed) {
      if (entry.index() > index) {
        apply(entry);
        if (answerBytes >= ANSWER_BYTES_MAX) {
          publish();
        }
      }
    }
    publish();
    maintain();
  }

  /**
   * Removes a bounded part of what has been compacted away. To be called now and then when no
   * entries are applied.
   *
   * @return whether there is more to do
   */
  public boolean maintain() {
    boolean more = store.isCompacting() && removeCompacted();
    if (!more && !afterCompaction.isEmpty()) {
      List<Answer> due = List.copyOf(afterCompaction);
      afterCompaction.clear();
      due.forEach(Answer::give);
    }
    return more;
  }

  private boolean removeCompacted() {
    long start = nanoTime.getAsLong();
    if (!removing) {
      removing = true;
      removalStartNanos = start;
    }
    boolean more = store.compactStep(COMPACTION_WORK_MAX);
    long end = nanoTime.getAsLong();
    observer.removalStep(end - start);
    if (!more) {
      removing = false;
      observer.removalEnded(end - removalStartNanos);
    }
    return more;
  }

  /**
   * Writes a bounded part of the key index down, when that is due. To be called now and then.
   *
   * @return whether there is more to do
   */
  public boolean checkpointStep() {
    return store.checkpointStep();
  }

  /** Whether a key index that is written down is of no use before the store is made durable. */
  public boolean checkpointWaits() {
    return backend.indexFile().isWaiting();
  }

  /** Gives up what {@link #checkpointStep} has begun. */
  public void giveUpCheckpoint() {
    store.giveUpCheckpoint();
  }

  @Override
  public void commit() {
    backend.commit(index, term);
  }

  /** Any thread. */
  @Override
  public long sync() {
    Backend current = backend;
    current.sync();
    return current.syncedAppliedIndex();
  }

  @Override
  public SnapshotContent openSnapshot(ConfState confState) {
    commit();
    return new StateSnapshot(backend.snapshot(), new SnapshotMetadata(index, term, confState));
  }

  /** Any one thread. */
  @Override
  public PreparedState prepare(ReceivedSnapshot snapshot) throws IOException {
    return installer.prepare(snapshot);
  }

  @Override
  public void install(PreparedState prepared) {
    PreparedStore state = (PreparedStore) prepared;
    long expected = state.metadata().index();
    InvariantViolation.check(
        state.backend().appliedIndex() == expected,
        "a snapshot's state is the one at its index",
        "index " + state.backend().appliedIndex() + " in a snapshot of " + expected);
    store.giveUpCheckpoint();
    state.exchange(backend);
    lessor.reload(state.backend().bucket(LEASE_BUCKET));
    members.load(state.backend().bucket(MemberDirectory.BUCKET));
    alarms.load(state.backend().bucket(ALARM_BUCKET));
    auth.load(state.backend().bucket(AuthStore.BUCKET));
    // Which users were deleted in between, or have another password, the snapshot does not tell.
    tokens.endAll();
    adopt(state.backend(), state.store());
    state.attachTo(lessor);
    listeners.forEach(listener -> listener.stateReplaced(state.store()));
    membershipApplied();
  }

  private void adopt(Backend newBackend, MvccStore newStore) {
    backend = newBackend;
    store = newStore;
    removing = false;
    keySpace = new KeySpaceWriter(newStore, lessor);
    index = newBackend.appliedIndex();
    term = newBackend.appliedTerm();
    appliedIndex = index;
    appliedTerm = term;
  }

  private void apply(Entry entry) {
    InvariantViolation.check(
        entry.index() == index + 1,
        "entries are applied in the order of the log",
        "entry " + entry.index() + " after " + index);
    index = entry.index();
    term = entry.term();
    if (entry.type() == EntryType.CONFIG_CHANGE) {
      applyConfigChange(entry);
    } else if (entry.data().length > 0) {
      // A new leader's entry of its own term is empty.
      applyCommand(entry.data());
    }
  }

  private void applyCommand(byte[] data) {
    PendingRequests.Pending request = pending.take(format.requestId(data), data);
    Command command = request == null ? format.decode(data) : request.command();
    CommandResult result = null;
    StoreException refusal = null;
    long start = nanoTime.getAsLong();
    try {
      checkPermission(data, command);
      AlarmGate.check(alarms, command);
      result = execute(command);
    } catch (StoreException e) {
      refusal = e;
    }
    observer.executed(command, refusal != null, nanoTime.getAsLong() - start);
    long readBytes = keySpace.takeReadBytes();
    if (request == null) {
      return;
    }
    answerBytes += readBytes;
    Answer answer = new Answer(request.result(), result, refusal);
    boolean waitsForRemoval =
        refusal == null && command instanceof Command.Compact compact && compact.physical();
    (waitsForRemoval ? afterCompaction : answers).add(answer);
  }

  /** The caller is read only when it matters: this is on the way of every command. */
  private void checkPermission(byte[] data, Command command) {
    AuthState state = auth.state();
    if (state.isEnabled()) {
      PermissionGate.check(state, format.caller(data), command, this::keysOfLease);
    }
  }

  private List<Key> keysOfLease(long leaseId) {
    return lessor.exists(leaseId) ? lessor.keysToRevoke(leaseId) : List.of();
  }

  /** Raft has followed the change since it was logged; this is what the members are told of it. */
  private void applyConfigChange(Entry entry) {
    LoggedConfChange logged = LoggedConfChange.decode(entry.data());
    byte[] context = logged.change().context();
    if (context.length == 0) {
      members.apply(logged.confState());
      membershipApplied();
      return;
    }
    PendingRequests.Pending request = pending.take(format.requestId(context), context);
    Command command = request == null ? format.decode(context) : request.command();
    if (command instanceof Command.Founding founding) {
      members.apply(founding);
    } else if (command instanceof Command.MembershipChange change) {
      members.apply(change, logged.confState());
    } else {
      throw new InvariantViolation(
          "a configuration change says what changes", command.getClass().getName());
    }
    if (request != null) {
      CommandResult result =
          new CommandResult.MembershipChange(
              store.currentRevision(), entry.index(), members.membership());
      answers.add(new Answer(request.result(), result, null));
    }
    membershipApplied();
  }

  private void membershipApplied() {
    Membership membership = members.membership();
    listeners.forEach(listener -> listener.membershipApplied(membership));
  }

  private CommandResult execute(Command command) {
    if (command instanceof Command.Put put) {
      return keySpace.put(put);
    } else if (command instanceof Command.Txn txn) {
      return keySpace.txn(txn);
    } else if (command instanceof Command.DeleteRange delete) {
      return keySpace.deleteRange(delete);
    } else if (command instanceof Command.LeaseGrant grant) {
      lessor.grant(grant.leaseId(), grant.ttlSeconds(), nanoTime.getAsLong());
      return new CommandResult.LeaseGrant(
          store.currentRevision(), grant.leaseId(), grant.ttlSeconds());
    } else if (command instanceof Command.LeaseRevoke revoke) {
      return keySpace.revoke(revoke.leaseId());
    } else if (command instanceof Command.LeaseCheckpoints checkpoints) {
      long now = nanoTime.getAsLong();
      checkpoints.checkpoints().forEach(checkpoint -> lessor.checkpoint(checkpoint, now));
      return new CommandResult.LeaseCheckpoints(store.currentRevision());
    } else if (command instanceof Command.Compact compact) {
      return compact(compact);
    } else if (command instanceof Command.SetAlarm change) {
      return setAlarm(change);
    } else if (command instanceof Command.SetDowngrade change) {
      members.apply(change);
      return new CommandResult.SetDowngrade(store.currentRevision());
    } else if (command instanceof Command.MemberAttributes attributes) {
      members.apply(attributes);
      membershipApplied();
      return new CommandResult.MemberAttributes(store.currentRevision());
    }
    return executeAuth(command);
  }

  private CommandResult executeAuth(Command command) {
    if (command instanceof Command.AuthChange change) {
      authExecutor.execute(change);
      return new CommandResult.AuthChange(store.currentRevision());
    } else if (command instanceof Command.Authenticate signIn) {
      authExecutor.execute(signIn, index, nanoTime.getAsLong());
      return new CommandResult.Authenticate(store.currentRevision(), index);
    }
    throw new InvariantViolation("every command can be executed", command.getClass().getName());
  }

  private CommandResult.SetAlarm setAlarm(Command.SetAlarm change) {
    boolean known = true;
    if (change.active()) {
      alarms.activate(change.alarm());
    } else {
      known = alarms.deactivate(change.alarm());
    }
    return new CommandResult.SetAlarm(
        store.currentRevision(), known ? Optional.of(change.alarm()) : Optional.empty());
  }

  private CommandResult.Compact compact(Command.Compact compact) {
    flush();
    listeners.forEach(AppliedListener::compacting);
    store.compact(compact.revision());
    return new CommandResult.Compact(store.currentRevision());
  }

  private void publish() {
    appliedIndex = index;
    appliedTerm = term;
    flush();
  }

  /** Answers the requests first: watchers can wait, and there may be many. */
  private void flush() {
    answerBytes = 0;
    for (int i = 0; i < answers.size(); i++) {
      answers.get(i).give();
    }
    answers.clear();
    long revision = store.currentRevision();
    for (int i = 0; i < listeners.size(); i++) {
      listeners.get(i).batchApplied(revision);
    }
  }
}
