package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.transport.Integrity;
import io.holdfast.server.transport.Integrity.Report;
import io.holdfast.server.transport.Integrity.StateHash;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who is blamed when members' hashes differ, and that silence is no proof of health. */
class HashComparisonTest {
  private static final Set<Long> THREE = new TreeSet<>(Set.of(1L, 2L, 3L));
  private final Map<Long, Report> reports = new HashMap<>();
  private final HashComparison comparison =
      new HashComparison(1, revision -> ask(1), id -> revision -> ask(id), () -> 10);

  @Test
  void equalMembersAreWell() {
    hash(1, 7);
    hash(2, 7);
    hash(3, 7);
    assertEquals(Set.of(), twoRounds());
    assertEquals(0, comparison.incompleteRoundsTotal());
  }

  @Test
  void theMinorityIsNamedAtTheSecondLook() {
    hash(1, 7);
    hash(2, 8);
    hash(3, 7);
    assertEquals(Set.of(), round(THREE));
    assertEquals(Set.of(corrupt(2)), round(THREE));
  }

  @Test
  void theOneThatAsksMayBeTheMinority() {
    hash(1, 8);
    hash(2, 7);
    hash(3, 7);
    assertEquals(Set.of(corrupt(1)), twoRounds());
  }

  @Test
  void withoutAMajorityNobodyIsNamed() {
    hash(1, 6);
    hash(2, 7);
    hash(3, 8);
    assertEquals(Set.of(corrupt(AlarmBook.NOBODY)), twoRounds());
  }

  @Test
  void twoThatDifferWhileTheThirdIsSilentNameNobody() {
    hash(1, 6);
    hash(2, 7);
    assertEquals(Set.of(corrupt(AlarmBook.NOBODY)), twoRounds());
    assertEquals(2, comparison.incompleteRoundsTotal());
  }

  @Test
  void aSilentMemberHasNotPassed() {
    hash(1, 7);
    hash(2, 7);
    assertEquals(Set.of(), twoRounds());
    assertEquals(2, comparison.incompleteRoundsTotal());
    assertEquals(2, comparison.roundsTotal());
  }

  @Test
  void membersInRepairOrWithoutThatRevisionAreNotCompared() {
    hash(1, 7);
    reports.put(2L, new Report(Optional.of(new StateHash(99, 10, 2)), true));
    reports.put(3L, new Report(Optional.empty(), false));
    assertEquals(Set.of(), twoRounds());
    assertEquals(2, comparison.incompleteRoundsTotal());
  }

  @Test
  void otherCompactRevisionsAreNotCompared() {
    hash(1, 7);
    reports.put(2L, new Report(Optional.of(new StateHash(99, 10, 5)), false));
    hash(3, 7);
    assertEquals(Set.of(), twoRounds());
    assertEquals(2, comparison.incompleteRoundsTotal());
  }

  @Test
  void aSuspicionThatIsGoneIsForgotten() {
    hash(1, 7);
    hash(2, 8);
    hash(3, 7);
    assertEquals(Set.of(), round(THREE));
    hash(2, 7);
    assertEquals(Set.of(), round(THREE));
    hash(2, 8);
    assertEquals(Set.of(), round(THREE));
  }

  private Set<Alarm> twoRounds() {
    assertEquals(Set.of(), round(THREE), "one look is not enough");
    return round(THREE);
  }

  private Set<Alarm> round(Set<Long> voters) {
    return comparison.round(voters).toCompletableFuture().join();
  }

  private CompletableFuture<Report> ask(long id) {
    Report report = reports.get(id);
    return report == null
        ? CompletableFuture.failedFuture(new IOException("no connection"))
        : CompletableFuture.completedFuture(report);
  }

  private void hash(long id, int hash) {
    reports.put(id, new Report(Optional.of(new StateHash(hash, 10, 2)), false));
  }

  private static Alarm corrupt(long id) {
    return new Alarm(AlarmType.CORRUPT, id);
  }

  /** The lambda for a member is the same interface that the peers answer. */
  @Test
  void asksEveryVoterOnce() {
    hash(1, 7);
    int[] asked = {0};
    Integrity counting =
        revision -> {
          asked[0]++;
          return ask(1);
        };
    new HashComparison(1, counting, id -> counting, () -> 10).round(THREE);
    assertEquals(3, asked[0]);
  }
}
