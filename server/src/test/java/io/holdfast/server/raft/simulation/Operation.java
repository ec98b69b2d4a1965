package io.holdfast.server.raft.simulation;

/**
 * One call of a client, from its view. Times are virtual; {@code returned} stays at its highest
 * value while the outcome is unknown.
 */
public final class Operation {
  /** What was asked. */
  public enum Kind {
    WRITE,
    COMPARE_AND_WRITE,
    READ
  }

  /** What is known of it. */
  public enum Outcome {
    UNKNOWN,
    DONE,
    /** It was turned down and has no effect. */
    REFUSED
  }

  public final long id;
  public final long client;
  public final Kind kind;
  public final int key;
  public final long expected;
  public final long called;
  public long returned = Long.MAX_VALUE;
  public Outcome outcome = Outcome.UNKNOWN;

  /** The value seen by a read or a compare. */
  public long observed;

  /** Whether a write took effect. */
  public boolean changed;

  /** The store's revision when it was executed. */
  public long revision;

  /** Whether the client has given up waiting. */
  boolean abandoned;

  /** Runs when the answer comes. */
  Runnable whenAnswered = () -> {};

  public Operation(long id, long client, Kind kind, int key, long expected, long called) {
    this.id = id;
    this.client = client;
    this.kind = kind;
    this.key = key;
    this.expected = expected;
    this.called = called;
  }

  /** A copy that can be changed without the original. */
  public Operation copy() {
    Operation copy = new Operation(id, client, kind, key, expected, called);
    copy.returned = returned;
    copy.outcome = outcome;
    copy.observed = observed;
    copy.changed = changed;
    copy.revision = revision;
    return copy;
  }

  @Override
  public String toString() {
    return kind
        + " #"
        + id
        + " key "
        + key
        + " ["
        + called
        + ".."
        + (returned == Long.MAX_VALUE ? "?" : returned)
        + "] "
        + outcome
        + " observed "
        + observed
        + " changed "
        + changed
        + " revision "
        + revision;
  }
}
