package io.holdfast.server.simulation;

import io.holdfast.history.KeyInterval;
import io.holdfast.history.LeaseChecker;
import io.holdfast.history.LeaseRecord;
import io.holdfast.history.LinearizabilityChecker;
import io.holdfast.history.LockChecker;
import io.holdfast.history.Operation;
import io.holdfast.history.Request;
import io.holdfast.history.RevisionOrderChecker;
import io.holdfast.history.Version;
import io.holdfast.history.WatchChecker;
import io.holdfast.history.WatchRecord;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.KeyValueHash;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.member.Member;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One run of a whole cluster from a seed: everything below the wire as it is in production, on
 * simulated machines, with clients at work while things go wrong; then everything is mended, and
 * what was seen is judged.
 */
final class ServerSimulation {
  private static final int WATCHERS = 3;
  private static final int LEASE_HOLDERS = 3;
  private static final int LOCK_HOLDERS = 4;
  private static final long RECOVERY_SECONDS_MAX = 120;
  private static final long QUIET_SECONDS = 15;
  private static final long QUIET_SECONDS_AFTER_CALM = 170;
  private static final int SEARCHED_OPERATIONS = 300;
  private static final int SEARCH_STEPS_MAX = 100_000;

  private final long seed;
  private final Settings settings;
  private final Timeline timeline = new Timeline();
  private final Cluster cluster;
  private final Nemesis nemesis;
  private final Operator operator;
  private final List<Client> clients = new ArrayList<>();
  private final List<LeaseHolder> leaseHolders = new ArrayList<>();
  private final List<LockHolder> lockHolders = new ArrayList<>();
  private final List<Watcher> watchers = new ArrayList<>();

  /**
   * What a run did.
   *
   * @param traceHash equal for two runs of one seed
   * @param deeds what befell disks, and what members did about it, with how often
   */
  record Outcome(
      long traceHash,
      long simulatedNanos,
      long happenings,
      int operations,
      int done,
      SortedMap<String, Integer> deeds) {}

  ServerSimulation(long seed, Weather weather, PlantedServerBug bug) {
    this.seed = seed;
    settings = Settings.of(seed, weather);
    SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
    cluster = new Cluster(timeline, settings, bug, random.split());
    nemesis = new Nemesis(cluster, settings, bug, random.split());
    for (int i = 0; i < settings.clients(); i++) {
      clients.add(new Client(i, cluster, settings, bug, random.split()));
    }
    for (int i = 0; i < LEASE_HOLDERS; i++) {
      leaseHolders.add(new LeaseHolder(i, cluster, random.split()));
    }
    for (Machine machine : cluster.machines()) {
      watchers.add(Watcher.ofAll(cluster, machine, random.split()));
    }
    for (int i = 0; i < WATCHERS; i++) {
      watchers.add(Watcher.ofSome(i, cluster, random.split(), bug));
    }
    SplittableRandom ofOperator = random.split();
    operator =
        new Operator(
            cluster,
            ofOperator.split(),
            machine -> Watcher.ofAll(cluster, machine, ofOperator.split()).start(),
            bug);
    cluster.setMembership(operator::membership);
    for (int i = 0; settings.weather().wantsLocks() && i < LOCK_HOLDERS; i++) {
      lockHolders.add(new LockHolder(i, cluster, settings, bug, random.split()));
    }
  }

  /**
   * Runs to the end.
   *
   * @throws AssertionError when something was seen that must not be
   */
  Outcome run() {
    try {
      cluster.machines().forEach(cluster::start);
      watchers.forEach(Watcher::start);
      clients.forEach(Client::start);
      leaseHolders.forEach(LeaseHolder::start);
      lockHolders.forEach(LockHolder::start);
      for (int i = 0; i < settings.weather().storms(); i++) {
        storm();
        calm();
      }
      nemesis.stopAndMend();
      operator.stop();
      cluster.setCalm(false);
      recover();
      clients.forEach(Client::stop);
      leaseHolders.forEach(LeaseHolder::stop);
      lockHolders.forEach(LockHolder::stop);
      timeline.runUntil(timeline.now() + quietNanos());
      judge();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + " " + settings + ": " + e.getMessage(), e);
    }
    Record record = cluster.record();
    int done =
        (int)
            record.operations.stream()
                .filter(operation -> operation.outcome() == Operation.Outcome.DONE)
                .count();
    return new Outcome(
        timeline.traceHash(),
        timeline.now(),
        timeline.happened(),
        record.operations.size(),
        done,
        record.deeds);
  }

  private void storm() {
    cluster.setCalm(false);
    nemesis.start();
    if (settings.weather().changesMembers()) {
      operator.start();
    }
    timeline.runUntil(timeline.now() + settings.weather().stormSeconds() * Timeline.SECOND);
  }

  private void calm() {
    if (settings.weather().isChangeable()) {
      nemesis.rest();
      cluster.setCalm(true);
      timeline.runUntil(timeline.now() + settings.weather().calmSeconds() * Timeline.SECOND);
    }
  }

  /** Longer than any lease. */
  private long quietNanos() {
    boolean calm = settings.weather().isChangeable();
    return (calm ? QUIET_SECONDS_AFTER_CALM : QUIET_SECONDS) * Timeline.SECOND;
  }

  /** All is well again: every member must soon answer a linearizable read. */
  private void recover() {
    long deadline = timeline.now() + RECOVERY_SECONDS_MAX * Timeline.SECOND;
    Set<Integer> answered = new HashSet<>();
    while (!answered.containsAll(expectedToAnswer()) || !DiskNemesis.isAllRead(cluster)) {
      if (timeline.now() > deadline) {
        throw new SimulationFailure(
            "a mended cluster serves again", "only " + answered + " answer");
      }
      for (Machine machine : cluster.machines()) {
        machine
            .process()
            .flatMap(Process::member)
            .ifPresent(
                member ->
                    all(member, false)
                        .whenComplete(
                            (found, failure) -> {
                              if (failure == null) {
                                answered.add(machine.number());
                              }
                            }));
      }
      timeline.runUntil(timeline.now() + 2 * Timeline.SECOND);
    }
  }

  /** All but learners, which serve no such reads. */
  private Set<Integer> expectedToAnswer() {
    Set<Integer> numbers = new HashSet<>();
    cluster.machines().forEach(machine -> numbers.add(machine.number()));
    operator.membership().members().values().stream()
        .filter(MemberRecord::learner)
        .forEach(member -> numbers.remove(cluster.machineOfPeer(member.peerUrls()).number()));
    return numbers;
  }

  private static CompletionStage<Response<RangeResult>> all(Member member, boolean serializable) {
    KeyInterval everything = new KeyInterval("\0", "\u00ff");
    return member.keyValues().range(RangeQuery.of(Translation.range(everything)), serializable);
  }

  private void judge() {
    Record record = cluster.record();
    membersAgree();
    nothingSetAside();
    RevisionOrderChecker.check(record.operations, record.committed, LockHolder.LINE);
    LockChecker.check(record.locks, LockHolder.LINE, record.committed);
    if (LinearizabilityChecker.check(sample(), SEARCH_STEPS_MAX)
        == LinearizabilityChecker.Verdict.NOT_LINEARIZABLE) {
      throw new SimulationFailure("linearizability", "no order explains the first operations");
    }
    for (WatchRecord watch : record.watches) {
      WatchChecker.check(watch, record.committed);
    }
    leases();
  }

  private void membersAgree() {
    long last = cluster.record().committed.lastRevision();
    List<Version> expected =
        cluster.record().committed.range(new KeyInterval("\0", "\u00ff"), last);
    KeyValueHash hash = null;
    for (Member member : cluster.members()) {
      RangeResult found = now(all(member, true)).body();
      List<Version> versions = found.keyValues().stream().map(Translation::version).toList();
      if (!versions.equals(expected)) {
        throw new SimulationFailure(
            "members hold what was committed",
            "at revision " + found.currentRevision() + " of " + last + " one holds " + versions);
      }
      KeyValueHash other = now(member.maintenance().hashKv(last)).body();
      if (hash != null
          && hash.hash() != other.hash()
          && hash.compactRevision() == other.compactRevision()) {
        throw new SimulationFailure("members have equal hashes", hash + " and " + other);
      }
      hash = other;
    }
  }

  /** No crash may look like damage: a member that repairs itself counts for nothing meanwhile. */
  private void nothingSetAside() {
    for (Machine machine : cluster.machines()) {
      List<String> aside = machine.setAside();
      if (!machine.isDiskBad() && !aside.isEmpty()) {
        throw new SimulationFailure(
            "members whose disks lost nothing need no repair", machine + " set aside " + aside);
      }
    }
  }

  private <T> T now(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    timeline.runUntil(timeline.now() + Timeline.SECOND);
    if (!future.isDone()) {
      throw new SimulationFailure("a healthy member answers", "no answer for 1 s");
    }
    return future.join();
  }

  /** The first operations on keys that only clients change. */
  private List<Operation> sample() {
    return LinearizabilityChecker.beginning(
        cluster.record().operations.stream()
            .filter(operation -> isSearched(operation.request()))
            .toList(),
        SEARCHED_OPERATIONS);
  }

  private static boolean isSearched(Request request) {
    return !(request instanceof Request.Range range
            && (range.serializable() || range.revision() > 0))
        && !(request instanceof Request.Revoke)
        && !(request instanceof Request.Put put && put.leaseId() != 0);
  }

  private void leases() {
    Record record = cluster.record();
    for (Map.Entry<Long, Record.ClientLease> entry : record.leases.entrySet()) {
      Record.ClientLease lease = entry.getValue();
      long leaseId = entry.getKey();
      LeaseRecord known =
          new LeaseRecord(
              leaseId, lease.ttlNanos, lease.renewalsCalledLast, lease.renewalsReturnedLast);
      long ended = record.endOf("e" + leaseId);
      if (ended > 0 && lease.granted && !lease.revoked) {
        LeaseChecker.endedNotEarly(known, ended, 2 * settings.clockDriftPerMille() + 1);
      }
      if (record.committed.at("e" + leaseId, record.committed.lastRevision()).isPresent()) {
        long grace = 2L * settings.electionMillis() * Timeline.MILLI + Timeline.SECOND;
        LeaseChecker.notOverdue(
            known,
            timeline.now(),
            timeline.now() - quietNanos(),
            grace,
            2 * settings.clockDriftPerMille() + 1);
      }
    }
  }
}
