package io.holdfast.compatibility;

import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * One difference that is right.
 *
 * @param name short, for the table and the counts
 * @param since the first etcd that answers as Holdfast does; empty when none does, and Holdfast
 *     differs on purpose
 * @param reason why it is right, in a sentence
 * @param calls where it may appear
 * @param covers exactly the places it may appear at
 * @param parts whether the stores hold different data from then on, so that the script ends
 */
record Rule(
    String name,
    Optional<ApiLevel> since,
    String reason,
    Set<Call> calls,
    BiPredicate<Comparison, FieldDifference> covers,
    boolean parts) {

  static Rule since(
      String level,
      String name,
      String reason,
      Set<Call> calls,
      BiPredicate<Comparison, FieldDifference> covers) {
    return new Rule(name, Optional.of(ApiLevel.parse(level)), reason, calls, covers, false);
  }

  static Rule onPurpose(
      String name,
      String reason,
      Set<Call> calls,
      BiPredicate<Comparison, FieldDifference> covers) {
    return new Rule(name, Optional.empty(), reason, calls, covers, false);
  }

  /** The same, where one store has written and the other has not. */
  Rule partingWays() {
    return new Rule(name, since, reason, calls, covers, true);
  }

  boolean explains(ApiLevel etcd, Comparison comparison, FieldDifference difference) {
    boolean appliesTo = since.isEmpty() || etcd.compareTo(since.get()) < 0;
    return appliesTo && calls.contains(comparison.call()) && covers.test(comparison, difference);
  }
}
