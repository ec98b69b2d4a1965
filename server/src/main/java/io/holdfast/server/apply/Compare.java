package io.holdfast.server.apply;

import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import java.util.Arrays;

/**
 * A condition on every key of a range. A range that holds no key is compared as one pair with all
 * fields zero, except that a condition on the value is then false: absence has no value.
 *
 * @param number the operand of every target but VALUE; 0 there
 * @param value the operand of VALUE; empty elsewhere
 */
public record Compare(KeyRange range, Target target, Relation relation, long number, byte[] value) {

  /** What is compared. */
  public enum Target {
    VERSION,
    CREATE,
    MOD,
    VALUE,
    LEASE
  }

  /** How the key's field must relate to the operand. */
  public enum Relation {
    EQUAL,
    GREATER,
    LESS,
    NOT_EQUAL;

    boolean holds(int comparison) {
      return switch (this) {
        case EQUAL -> comparison == 0;
        case GREATER -> comparison > 0;
        case LESS -> comparison < 0;
        case NOT_EQUAL -> comparison != 0;
      };
    }
  }

  private static final byte[] EMPTY = {};

  /** A condition on a number: version, create or mod revision, or lease. */
  public static Compare number(KeyRange range, Target target, Relation relation, long number) {
    if (target == Target.VALUE) {
      throw new IllegalArgumentException("a value is compared with bytes, not with a number");
    }
    return new Compare(range, target, relation, number, EMPTY);
  }

  /** A condition on the value, compared as unsigned bytes. */
  public static Compare value(KeyRange range, Relation relation, byte[] value) {
    return new Compare(range, Target.VALUE, relation, 0, value);
  }

  /** Whether an existing pair meets the condition. */
  boolean holdsFor(KeyValue pair) {
    int comparison =
        switch (target) {
          case VERSION -> Long.compare(pair.version(), number);
          case CREATE -> Long.compare(pair.createRevision(), number);
          case MOD -> Long.compare(pair.modRevision(), number);
          case LEASE -> Long.compare(pair.leaseId(), number);
          case VALUE -> Arrays.compareUnsigned(pair.value(), value);
        };
    return relation.holds(comparison);
  }

  /** Whether a range without any key meets the condition. */
  boolean holdsForAbsence() {
    return target != Target.VALUE && relation.holds(Long.compare(0, number));
  }
}
