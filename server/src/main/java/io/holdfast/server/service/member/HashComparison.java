package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.transport.Integrity;
import io.holdfast.server.transport.Integrity.Report;
import io.holdfast.server.transport.Integrity.StateHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Compares the members' histories by their hashes. All hash up to the same revision, and only
 * hashes with the same compact revision are compared. A member that cannot be asked, or has no such
 * hash, has not passed: it is neither right nor wrong, and is counted as not compared.
 *
 * <p>Where a majority of all voters agrees, the members that differ from it are wrong, by name.
 * Where members differ and no majority agrees, it cannot be told who is right. Either has to be
 * found in two rounds at different moments before it counts.
 */
final class HashComparison {
  private static final System.Logger LOGGER = System.getLogger(HashComparison.class.getName());

  private final long self;
  private final Integrity own;
  private final LongFunction<Integrity> peers;
  private final LongSupplier currentRevision;
  private final LongAdder rounds = new LongAdder();
  private final LongAdder incomplete = new LongAdder();
  private final LongAdder mismatches = new LongAdder();
  private Set<Alarm> suspected = Set.of();

  /** What one round has found. */
  record Verdict(Set<Alarm> alarms, int compared, int notCompared) {}

  /**
   * @param own this member's hashes
   * @param peers the other members'
   * @param currentRevision up to where this member's history goes
   */
  HashComparison(
      long self, Integrity own, LongFunction<Integrity> peers, LongSupplier currentRevision) {
    this.self = self;
    this.own = own;
    this.peers = peers;
    this.currentRevision = currentRevision;
  }

  /** Whether the last round found somebody to differ, once. */
  synchronized boolean suspects() {
    return !suspected.isEmpty();
  }

  /** Rounds made so far. */
  long roundsTotal() {
    return rounds.sum();
  }

  /** Rounds in which at least one member could not be compared. */
  long incompleteRoundsTotal() {
    return incomplete.sum();
  }

  /** Members found to differ, over all rounds. */
  long mismatchesTotal() {
    return mismatches.sum();
  }

  /**
   * Makes one round over all voters.
   *
   * @return the alarms that two rounds in a row call for
   */
  CompletionStage<Set<Alarm>> round(Set<Long> voters) {
    long revision = currentRevision.getAsLong();
    List<Long> ids = List.copyOf(voters);
    List<CompletableFuture<Optional<StateHash>>> answers = new ArrayList<>();
    for (Long id : ids) {
      Integrity source = id == self ? own : peers.apply(id);
      answers.add(
          source
              .report(revision)
              .handle(
                  (report, failure) ->
                      failure == null ? usable(report) : Optional.<StateHash>empty())
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(
            all -> {
              Map<Long, StateHash> hashes = new HashMap<>();
              for (int i = 0; i < answers.size(); i++) {
                Optional<StateHash> hash = answers.get(i).join();
                if (hash.isPresent()) {
                  hashes.put(ids.get(i), hash.get());
                }
              }
              return confirm(judge(self, voters.size(), hashes), revision);
            });
  }

  /** A member in repair may not have all of its history yet. */
  private static Optional<StateHash> usable(Report report) {
    return report.repairing() ? Optional.empty() : report.hash();
  }

  private synchronized Set<Alarm> confirm(Verdict verdict, long revision) {
    rounds.increment();
    if (verdict.notCompared() > 0) {
      incomplete.increment();
      LOGGER.log(
          System.Logger.Level.WARNING,
          "comparing the members' data at revision "
              + revision
              + ": "
              + verdict.notCompared()
              + " of "
              + (verdict.notCompared() + verdict.compared())
              + " could not be compared; that is no proof that they are well");
    }
    mismatches.add(verdict.alarms().size());
    Set<Alarm> confirmed = new HashSet<>(verdict.alarms());
    confirmed.retainAll(suspected);
    suspected = verdict.alarms();
    for (Alarm alarm : verdict.alarms()) {
      LOGGER.log(
          System.Logger.Level.ERROR,
          (alarm.memberId() == AlarmBook.NOBODY
                  ? "members differ, and no majority agrees,"
                  : "member " + Long.toHexString(alarm.memberId()) + " differs from the majority")
              + " at revision "
              + revision
              + (confirmed.contains(alarm) ? "" : "; comparing once more"));
    }
    return confirmed;
  }

  /** Who is wrong, given what could be compared with this member. */
  static Verdict judge(long self, int voters, Map<Long, StateHash> hashes) {
    StateHash mine = hashes.get(self);
    if (mine == null) {
      return new Verdict(Set.of(), 0, voters);
    }
    Map<Integer, Set<Long>> byHash = new HashMap<>();
    int compared = 0;
    for (Map.Entry<Long, StateHash> one : hashes.entrySet()) {
      if (one.getValue().compactRevision() == mine.compactRevision()
          && one.getValue().revision() == mine.revision()) {
        byHash.computeIfAbsent(one.getValue().hash(), hash -> new HashSet<>()).add(one.getKey());
        compared++;
      }
    }
    Set<Alarm> alarms = new HashSet<>();
    if (byHash.size() > 1) {
      Optional<Set<Long>> majority =
          byHash.values().stream().filter(members -> members.size() > voters / 2).findFirst();
      if (majority.isEmpty()) {
        alarms.add(new Alarm(AlarmType.CORRUPT, AlarmBook.NOBODY));
      } else {
        byHash.values().stream()
            .filter(members -> members != majority.get())
            .flatMap(Set::stream)
            .forEach(id -> alarms.add(new Alarm(AlarmType.CORRUPT, id)));
      }
    }
    return new Verdict(Set.copyOf(alarms), compared, voters - compared);
  }
}
