package io.holdfast.history;

import java.util.Optional;

/**
 * One call of one client.
 *
 * @param called when the client sent it, in nanoseconds of one clock for the whole history
 * @param returned when the answer came; {@link Long#MAX_VALUE} when none came
 * @param revision the revision in the answer's header; 0 without an answer
 * @param answer present when {@code outcome} is DONE
 */
public record Operation(
    long id,
    int client,
    long called,
    long returned,
    Request request,
    Outcome outcome,
    long revision,
    Optional<Answer> answer) {

  /** What the client knows. */
  public enum Outcome {
    /** It was answered. */
    DONE,
    /** It was refused: it must not have had any effect. */
    REFUSED,
    /** It took effect once, or not at all. */
    UNKNOWN
  }

  public static Operation done(
      long id, int client, long called, long returned, Request request, long rev, Answer answer) {
    return new Operation(
        id, client, called, returned, request, Outcome.DONE, rev, Optional.of(answer));
  }

  public static Operation refused(
      long id, int client, long called, long returned, Request request) {
    return new Operation(
        id, client, called, returned, request, Outcome.REFUSED, 0, Optional.empty());
  }

  public static Operation unknown(long id, int client, long called, Request request) {
    return new Operation(
        id, client, called, Long.MAX_VALUE, request, Outcome.UNKNOWN, 0, Optional.empty());
  }
}
