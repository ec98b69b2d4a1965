package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.PermissionGate;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.HashKv;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.KeyValueHash;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.MemberStatus;
import io.holdfast.server.service.Response;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/** What operators ask of a member. */
final class MaintenanceUseCases implements MaintenanceService {
  private static final long POLL_MILLIS = 10;

  private final AtomicInteger defragmentations = new AtomicInteger();
  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final ScheduledExecutorService timer;
  private final Executor workers;
  private final Backups backups;
  private final Downgrades downgrades;

  MaintenanceUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      ScheduledExecutorService timer,
      Executor workers,
      Backups backups) {
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.timer = timer;
    this.workers = workers;
    this.backups = backups;
    this.downgrades = new Downgrades(member, commands, reads);
  }

  @Override
  public Response<MemberStatus> status() {
    RaftStatus raft = member.node().status();
    List<String> errors = new ArrayList<>();
    if (!raft.hasLeader()) {
      errors.add(EtcdError.NO_LEADER.text());
    }
    knownAlarms().forEach(alarm -> errors.add(describe(alarm)));
    String version = member.config().reportedVersion();
    return new Response<>(
        member.header(),
        new MemberStatus(
            version,
            member.applier().backend().sizeBytes(),
            member.applier().backend().sizeInUseBytes(),
            raft.leaderId(),
            raft.commitIndex(),
            raft.term(),
            member.applier().appliedIndex(),
            List.copyOf(errors),
            member.isLearner(),
            downgrades.clusterVersion() + ".0",
            member.config().shownQuotaBytes(),
            member.applier().members().downgradeTarget()));
  }

  @Override
  public CompletionStage<Response<KeyValueHash>> hashKv(long revision) {
    return reads.read(
        false,
        true,
        store -> {
          long start = member.nanoTime();
          HashKv hash = store.hashKv(revision);
          member.config().timings().hashOfRevision(member.nanoTime() - start);
          return new Response<>(
              member.header(hash.currentRevision()),
              new KeyValueHash(hash.hash(), hash.compactRevision(), hash.hashRevision()));
        });
  }

  @Override
  public CompletionStage<Response<Integer>> hash() {
    CompletableFuture<Response<Integer>> answer = new CompletableFuture<>();
    member.node().execute(() -> hashPinnedState(answer));
    return answer.orTimeout(member.requestTimeoutNanos(), TimeUnit.NANOSECONDS);
  }

  private void hashPinnedState(CompletableFuture<Response<Integer>> answer) {
    Response<Integer> withoutHash = new Response<>(member.header(), 0);
    SnapshotContent content = member.applier().openSnapshot(member.applier().confState());
    try {
      workers.execute(
          () -> {
            long start = member.nanoTime();
            try (content) {
              answer.complete(new Response<>(withoutHash.header(), hash(content)));
              member.config().timings().hash(member.nanoTime() - start);
            } catch (IOException | RuntimeException e) {
              answer.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      content.close();
      answer.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.asException());
    }
  }

  @Override
  public CompletionStage<Backup> backup() {
    return backups.open();
  }

  @Override
  public CompletionStage<Response<List<Alarm>>> alarms(Optional<AlarmType> type) {
    return reads.read(
        true,
        false,
        store ->
            new Response<>(
                member.header(store.currentRevision()),
                knownAlarms().stream()
                    .filter(alarm -> type.isEmpty() || alarm.type() == type.get())
                    .toList()));
  }

  @Override
  public CompletionStage<Response<List<Alarm>>> setAlarm(
      Caller caller, Alarm alarm, boolean active) {
    Command.SetAlarm change = new Command.SetAlarm(alarm, active);
    try {
      PermissionGate.check(member.applier().auth(), caller, change);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(
        caller, change, done -> ((CommandResult.SetAlarm) done).affected().stream().toList());
  }

  /** Whether a defragmentation that was asked for is under way. Any thread. */
  boolean isDefragmenting() {
    return defragmentations.get() > 0;
  }

  @Override
  public CompletionStage<Response<Void>> defragment() {
    defragmentations.incrementAndGet();
    CompletableFuture<Void> run = Defragmentation.start(member);
    run.whenComplete((done, failure) -> defragmentations.decrementAndGet());
    return run.copy()
        .orTimeout(member.requestTimeoutNanos(), TimeUnit.NANOSECONDS)
        .handle(
            (done, failure) -> {
              if (failure != null) {
                throw EtcdError.SERVER_STOPPED.asException();
              }
              return new Response<Void>(member.header(), null);
            });
  }

  @Override
  public List<Alarm> knownAlarms() {
    return member.applier().alarms().all();
  }

  @Override
  public CompletionStage<Response<String>> validateDowngrade(String targetVersion) {
    return downgrades.validate(targetVersion);
  }

  @Override
  public CompletionStage<Response<String>> enableDowngrade(String targetVersion) {
    return downgrades.enable(targetVersion);
  }

  @Override
  public CompletionStage<Response<String>> cancelDowngrade() {
    return downgrades.cancel();
  }

  /** As etcd words it in a status' errors. */
  private static String describe(Alarm alarm) {
    return "memberID:"
        + Long.toUnsignedString(alarm.memberId())
        + " alarm:"
        + alarm.type().wireName()
        + " ";
  }

  @Override
  public CompletionStage<Response<Void>> moveLeader(long targetMemberId) {
    RaftStatus raft = member.node().status();
    if (!raft.isLeader()) {
      return CompletableFuture.failedStage(EtcdError.NOT_LEADER.asException());
    }
    if (!raft.confState().voters().contains(targetMemberId)) {
      return CompletableFuture.failedStage(EtcdError.BAD_LEADER_TRANSFEREE.asException());
    }
    CompletableFuture<Response<Void>> answer = new CompletableFuture<>();
    if (targetMemberId != raft.memberId()) {
      member.node().transferLeadership(targetMemberId);
    }
    awaitLeader(targetMemberId, answer, member.nanoTime() + member.requestTimeoutNanos());
    return answer;
  }

  private void awaitLeader(long id, CompletableFuture<Response<Void>> answer, long deadline) {
    if (member.node().status().leaderId() == id) {
      answer.complete(new Response<>(member.header(), null));
    } else if (timer.isShutdown()) {
      answer.completeExceptionally(EtcdError.SERVER_STOPPED.asException());
    } else if (member.nanoTime() - deadline >= 0) {
      answer.completeExceptionally(EtcdError.TIMEOUT.asException());
    } else {
      timer.schedule(() -> awaitLeader(id, answer, deadline), POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static int hash(SnapshotContent content) throws IOException {
    CRC32C crc = new CRC32C();
    content.forEach(
        (kind, key, value) -> {
          crc.update(kind);
          crc.update(key);
          crc.update(value);
        });
    return (int) crc.getValue();
  }
}
