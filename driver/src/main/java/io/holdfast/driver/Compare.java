package io.holdfast.driver;

import java.util.Objects;
import java.util.Optional;

/**
 * One condition of a transaction: every key of {@code range} has to meet it.
 *
 * <p>A missing key compares as one whose revisions, version and lease are all 0; its value never
 * matches.
 *
 * @param range the keys to look at
 * @param target what to look at
 * @param relation how it has to relate to the expected number or value
 * @param number what is expected; 0 when the target is the value
 * @param value what is expected when the target is the value
 */
public record Compare(
    KeyRange range, Target target, Relation relation, long number, Optional<Bytes> value) {
  /** What of a key is compared. */
  public enum Target {
    /** How often it was written. */
    VERSION,
    /** The revision of its creation. */
    CREATE_REVISION,
    /** The revision of its last change. */
    MOD_REVISION,
    /** Its value. */
    VALUE,
    /** The lease that it is attached to. */
    LEASE
  }

  /** How what the store holds relates to what is expected. */
  public enum Relation {
    /** The same. */
    EQUAL,
    /** Different. */
    NOT_EQUAL,
    /** The store's is smaller. */
    LESS,
    /** The store's is larger. */
    GREATER
  }

  /** Checks that a value is expected exactly when the value is compared. */
  public Compare {
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(relation, "relation");
    if ((target == Target.VALUE) != value.isPresent()) {
      throw HoldfastException.invalidArgument(
          "a comparison of " + target + " expects " + (value.isPresent() ? "a number" : "a value"));
    }
  }

  /** Compares one of the numbers. */
  public static Compare number(KeyRange range, Target target, Relation relation, long expected) {
    return new Compare(range, target, relation, expected, Optional.empty());
  }

  /** Compares the value. */
  public static Compare value(KeyRange range, Relation relation, Bytes expected) {
    return new Compare(range, Target.VALUE, relation, 0, Optional.of(expected));
  }

  /** The key holds exactly this value, both as UTF-8. */
  public static Compare valueEquals(String key, String expected) {
    return value(KeyRange.single(key), Relation.EQUAL, Bytes.utf8(expected));
  }

  /** The key was last changed at exactly this revision. */
  public static Compare unchangedSince(Bytes key, long modRevision) {
    return number(KeyRange.single(key), Target.MOD_REVISION, Relation.EQUAL, modRevision);
  }

  /** There is no such key. */
  public static Compare missing(Bytes key) {
    return number(KeyRange.single(key), Target.CREATE_REVISION, Relation.EQUAL, 0);
  }

  /** There is such a key. */
  public static Compare exists(Bytes key) {
    return number(KeyRange.single(key), Target.CREATE_REVISION, Relation.GREATER, 0);
  }
}
