package io.holdfast.server.raft.scenario;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.ReadState;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.Role;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.raft.message.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * One member of a scenario: a real core, a disk that may be told to wait, and a line per effect.
 */
final class ScenarioMember {
  final long id;
  private final RaftConfig config;
  private final Consumer<String> out;
  private final Consumer<Message> network;
  private final ArrayDeque<Ready> unsynced = new ArrayDeque<>();
  private final List<Entry> disk = new ArrayList<>();
  private HardState diskHardState;
  private SnapshotMetadata diskSnapshot;
  private long applied;
  private RaftCore core;
  private Role role;
  private long term;
  boolean manualSync;

  ScenarioMember(
      RaftConfig config, Restored restored, Consumer<String> out, Consumer<Message> network) {
    this.id = config.memberId();
    this.config = config;
    this.out = out;
    this.network = network;
    this.diskHardState = restored.hardState();
    this.diskSnapshot = restored.snapshot();
    this.disk.addAll(restored.entries());
    this.applied = restored.appliedIndex();
    start();
  }

  private void start() {
    core =
        new RaftCore(config, new Restored(diskHardState, diskSnapshot, List.copyOf(disk), applied));
    role = core.status().role();
    term = core.status().term();
  }

  /** Loses what was not synced and starts again. */
  void restart() {
    unsynced.clear();
    start();
    say("restarts: " + describe());
  }

  Role role() {
    return core.status().role();
  }

  List<String> progress() {
    return core.describeProgress();
  }

  String describe() {
    var status = core.status();
    return status.role()
        + " term="
        + status.term()
        + " leader="
        + status.leaderId()
        + " commit="
        + status.commitIndex()
        + " persisted="
        + status.persistedIndex()
        + " log=["
        + status.firstIndex()
        + ".."
        + status.lastIndex()
        + "]";
  }

  String membership() {
    var status = core.status();
    return describe(status.confState())
        + (status.confIndex() > status.commitIndex() ? " (not committed)" : "");
  }

  static String describe(ConfState confState) {
    return describe("voters", confState.voters())
        + (confState.isJoint() ? describe(" outgoing", confState.votersOutgoing()) : "")
        + describe(" learners", confState.learners())
        + describe(" learners next", confState.learnersNext());
  }

  private static String describe(String what, Collection<Long> ids) {
    return ids.isEmpty()
        ? ""
        : what + "=" + ids.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** The durable log as index/term pairs. */
  String diskLog() {
    StringBuilder text = new StringBuilder();
    if (!diskSnapshot.isNone()) {
      text.append(" snapshot ")
          .append(diskSnapshot.index())
          .append('/')
          .append(diskSnapshot.term());
    }
    for (Entry entry : disk) {
      text.append(' ').append(entry.index()).append('/').append(entry.term());
    }
    return text.toString();
  }

  void step(Input input) {
    Ready ready = core.step(input);
    if (ready.status().role() != role || ready.status().term() != term) {
      role = ready.status().role();
      term = ready.status().term();
      say("is " + role + " in term " + term);
    }
    ready.rejections().forEach(rejection -> say("rejects " + describe(rejection)));
    for (ReadState read : ready.readStates()) {
      say("may serve read " + read.requestId() + " at " + read.index());
    }
    ready.messages().stream().filter(m -> !m.afterPersist()).forEach(this::send);
    apply(ready);
    boolean waits =
        ready.syncRequired()
            || ready.persisted().isPresent()
            || ready.messages().stream().anyMatch(Outgoing::afterPersist);
    if (waits) {
      unsynced.add(ready);
      if (!manualSync) {
        sync(unsynced.size());
      }
    }
  }

  int unsyncedWrites() {
    return unsynced.size();
  }

  /** Makes the oldest writes durable, with one sync. */
  void sync(int writes) {
    List<Ready> synced = new ArrayList<>();
    while (synced.size() < writes) {
      synced.add(unsynced.remove());
    }
    Optional<Input.Persisted> last = Optional.empty();
    boolean installed = false;
    for (Ready ready : synced) {
      write(ready);
      if (ready.snapshotToInstall().isPresent()) {
        installed = true;
      }
      if (ready.persisted().isPresent()) {
        last = ready.persisted();
      }
      ready.messages().stream().filter(Outgoing::afterPersist).forEach(this::send);
    }
    if (installed) {
      applied = diskSnapshot.index();
      step(new Input.SnapshotInstalled(diskSnapshot));
    }
    last.ifPresent(this::step);
  }

  private void write(Ready ready) {
    if (ready.snapshotToInstall().isPresent()) {
      diskSnapshot = ready.snapshotToInstall().get();
      disk.clear();
      say("installs snapshot " + diskSnapshot.index() + "/" + diskSnapshot.term());
    }
    if (ready.hardState().isPresent()) {
      HardState next = ready.hardState().get();
      if (next.term() != diskHardState.term() || next.vote() != diskHardState.vote()) {
        say("writes term=" + next.term() + " vote=" + next.vote());
      }
      diskHardState = next;
    }
    if (!ready.entries().isEmpty()) {
      long first = ready.entries().get(0).index();
      disk.removeIf(entry -> entry.index() >= first);
      disk.addAll(ready.entries());
      say("writes entries" + describe(ready.entries()));
    }
  }

  private void apply(Ready ready) {
    if (ready.committedEntries().isEmpty()) {
      return;
    }
    say("applies" + describe(ready.committedEntries()));
    applied = ready.committedEntries().get(ready.committedEntries().size() - 1).index();
    step(new Input.Applied(applied));
  }

  void saveSnapshot(long index, long keepFromIndex) {
    long snapshotTerm =
        disk.stream().filter(entry -> entry.index() == index).findFirst().orElseThrow().term();
    diskSnapshot = new SnapshotMetadata(index, snapshotTerm, core.confStateAt(index));
    disk.removeIf(entry -> entry.index() < keepFromIndex - 1);
    step(new Input.SnapshotSaved(diskSnapshot, keepFromIndex));
  }

  private void send(Outgoing outgoing) {
    network.accept(outgoing.message());
  }

  private void say(String line) {
    out.accept(id + " " + line);
  }

  private static String describe(Rejection rejection) {
    if (rejection instanceof Rejection.OfRead read) {
      return "read " + read.requestId() + ": " + read.reason();
    }
    if (rejection instanceof Rejection.OfTransfer transfer) {
      return "transfer to " + transfer.target() + ": " + transfer.reason();
    }
    if (rejection instanceof Rejection.OfConfigChange) {
      return "change: " + rejection.reason();
    }
    return "proposal: " + rejection.reason();
  }

  static String describe(List<Entry> entries) {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(' ').append(entry.index()).append('/').append(entry.term());
      if (entry.type() == EntryType.CONFIG_CHANGE) {
        text.append(":{")
            .append(describe(LoggedConfChange.decode(entry.data()).confState()))
            .append('}');
      } else if (!entry.isEmpty()) {
        text.append(':').append(new String(entry.data(), StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }
}
