package io.holdfast.server.raft.membership;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is asked of the cluster's membership: one step, or several that come into force together; or
 * none, to put a context (a member's new address) into the log in the order of the changes.
 *
 * <p>The context is opaque to the core. It travels in the log beside the change, so that whoever
 * applies the entry learns the members' names and addresses at the same index as the change itself.
 *
 * <p>Member ids name a process with its log: the id of a removed member must not be given to
 * another one. Equality is by identity of the context's array.
 *
 * @param steps at most {@value #STEPS_MAX}, each about another member
 * @param context at most {@value #CONTEXT_BYTES_MAX} bytes; never null, never written to
 */
public record ConfChange(List<Step> steps, byte[] context) {
  /** More steps than this make no sense in one change. */
  public static final int STEPS_MAX = 64;

  /** The most a context may hold. */
  public static final int CONTEXT_BYTES_MAX = 64 << 10;

  private static final byte[] NO_CONTEXT = {};

  /** What a leader logs to end a joint membership: only the incoming voters count from then on. */
  public static final ConfChange LEAVE_JOINT = new ConfChange(List.of(), NO_CONTEXT);

  /** What happens to one member. */
  public enum Kind {
    /** It gets a vote: a new member, or a learner that is promoted. */
    ADD_VOTER,
    /** It gets the log but no vote: a new member, or a voter that is demoted. */
    ADD_LEARNER,
    /** It is a member no more. */
    REMOVE
  }

  /**
   * One member's part in a change.
   *
   * @param memberId not 0
   */
  public record Step(Kind kind, long memberId) {
    public Step {
      Objects.requireNonNull(kind, "kind");
      if (memberId == 0) {
        throw new IllegalArgumentException("0 is no member id");
      }
    }
  }

  public ConfChange {
    steps = List.copyOf(steps);
    Objects.requireNonNull(context, "context");
    if (steps.size() > STEPS_MAX) {
      throw new IllegalArgumentException(
          steps.size() + " steps in one membership change, at most " + STEPS_MAX + " are allowed");
    }
    if (context.length > CONTEXT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the context of a membership change has "
              + context.length
              + " bytes, at most "
              + CONTEXT_BYTES_MAX
              + " are allowed");
    }
    Set<Long> named = new HashSet<>();
    for (Step step : steps) {
      if (!named.add(step.memberId())) {
        throw new IllegalArgumentException(
            "member "
                + Long.toHexString(step.memberId())
                + " is named twice in one membership change");
      }
    }
  }

  /** A change of one step. */
  public static ConfChange of(Kind kind, long memberId, byte[] context) {
    return new ConfChange(List.of(new Step(kind, memberId)), context);
  }
}
