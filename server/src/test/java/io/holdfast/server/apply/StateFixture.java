package io.holdfast.server.apply;

import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.BackendReplacement;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.lease.LessorOptions;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A state machine over real stores in a directory, fed with entries by hand. */
final class StateFixture implements AutoCloseable {
  static final BackendOptions BACKEND_OPTIONS = new BackendOptions(1 << 20, 0);
  static final MvccOptions MVCC_OPTIONS = new MvccOptions(1 << 20);

  final CommandFormat format;
  final PendingRequests pending;
  final Lessor lessor;
  final TokenBook tokens = new TokenBook(300);
  final Applier applier;
  long nowNanos = 1_000_000;

  StateFixture(Path directory) {
    this(directory, new CommandCodec());
  }

  StateFixture(Path directory, CommandFormat format) {
    this.format = format;
    Path file = directory.resolve("store");
    BackendReplacement files = new BackendReplacement(new RealDisk(), file, BACKEND_OPTIONS);
    Backend backend = Backend.open(file, BACKEND_OPTIONS);
    MvccStore store = MvccStore.open(backend, MVCC_OPTIONS);
    this.pending = new PendingRequests(format, 7, 1_700_000_000_000L, 1000);
    this.lessor =
        new Lessor(backend.bucket(Applier.LEASE_BUCKET), LessorOptions.forElectionTimeout(1000));
    this.applier =
        new Applier(
            backend,
            store,
            lessor,
            tokens,
            format,
            pending,
            () -> nowNanos,
            new StoreReplacement(files, MVCC_OPTIONS, exchanged -> {}));
  }

  /** Proposes, commits and applies a command, and waits for its answer. */
  <R extends CommandResult> R run(Command command) {
    return run(Caller.CLUSTER, command);
  }

  /** The same on somebody's behalf. */
  @SuppressWarnings("unchecked")
  <R extends CommandResult> R run(Caller caller, Command command) {
    PendingRequests.Pending request = pending.register(caller, command, Long.MAX_VALUE);
    applier.apply(List.of(entry(applier.appliedIndex() + 1, request.entry())));
    try {
      return (R) request.result().join();
    } catch (CompletionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  /** Begins a cluster of these members, as the first entry of its log. */
  void found(MemberRecord... founders) {
    Membership first = Membership.founding(List.of(founders));
    byte[] context =
        format.encode(Command.Founding.REQUEST_ID, new Command.Founding(List.of(founders)));
    applier.apply(List.of(configChange(context, List.of(), first.confState())));
  }

  /** Commits and applies a change of the membership, which leads to {@code voters} and learners. */
  CommandResult.MembershipChange change(
      Command.MembershipChange change, ConfChange.Step step, ConfState confState) {
    PendingRequests.Pending request = pending.register(change, Long.MAX_VALUE);
    applier.apply(List.of(configChange(request.entry(), List.of(step), confState)));
    return (CommandResult.MembershipChange) request.result().join();
  }

  private Entry configChange(byte[] context, List<ConfChange.Step> steps, ConfState confState) {
    byte[] data = new LoggedConfChange(new ConfChange(steps, context), confState).encode();
    return new Entry(applier.appliedIndex() + 1, 1, EntryType.CONFIG_CHANGE, data);
  }

  /** The error with which a command is refused. */
  StoreException refusal(Command command) {
    return refusal(Caller.CLUSTER, command);
  }

  /** The same on somebody's behalf. */
  StoreException refusal(Caller caller, Command command) {
    try {
      CommandResult result = run(caller, command);
      throw new AssertionError("not refused: " + result);
    } catch (StoreException refused) {
      return refused;
    }
  }

  CommandResult.Put put(String key, String value) {
    return run(Command.Put.of(Key.of(key), bytes(value)));
  }

  CommandResult.Put put(String key, String value, long leaseId) {
    return run(new Command.Put(Key.of(key), bytes(value), leaseId, false, false, false));
  }

  CommandResult.DeleteRange delete(KeyRange range) {
    return run(new Command.DeleteRange(range, false));
  }

  Optional<KeyValue> get(String key) {
    return applier.store().range(RangeQuery.of(single(key))).keyValues().stream().findFirst();
  }

  String value(String key) {
    return get(key).map(pair -> text(pair.value())).orElse("-");
  }

  long revision() {
    return applier.store().currentRevision();
  }

  static Entry entry(long index, byte[] data) {
    return new Entry(index, 1, EntryType.NORMAL, data);
  }

  static KeyRange single(String key) {
    return KeyRange.single(Key.of(key));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    applier.backend().close();
  }
}
