package io.holdfast.driver.internal;

import io.grpc.Status;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import java.util.List;
import java.util.Map;

/**
 * Turns the statuses of the protocol into the driver's errors.
 *
 * <p>The protocol tells many errors apart by their text alone; this is the one place that knows
 * those texts, so that applications need not.
 */
final class Errors {
  private static final String PREFIX = "etcdserver: ";

  private static final Map<String, ErrorState> BY_TEXT =
      Map.ofEntries(
          Map.entry(PREFIX + "mvcc: required revision has been compacted", ErrorState.COMPACTED),
          Map.entry(
              PREFIX + "mvcc: required revision is a future revision", ErrorState.FUTURE_REVISION),
          Map.entry(PREFIX + "mvcc: database space exceeded", ErrorState.SPACE_EXCEEDED),
          Map.entry(PREFIX + "requested lease not found", ErrorState.LEASE_LOST),
          Map.entry(PREFIX + "too many requests", ErrorState.TOO_MANY_REQUESTS),
          Map.entry(PREFIX + "no leader", ErrorState.NO_LEADER),
          Map.entry(PREFIX + "leader changed", ErrorState.NO_LEADER),
          Map.entry(PREFIX + "unhealthy cluster", ErrorState.NO_LEADER),
          Map.entry(PREFIX + "request timed out", ErrorState.TIMED_OUT),
          Map.entry(
              PREFIX + "request timed out, possibly due to previous leader failure",
              ErrorState.TIMED_OUT),
          Map.entry(
              PREFIX + "request timed out, possibly due to connection lost", ErrorState.TIMED_OUT),
          Map.entry(
              PREFIX + "request timed out, waiting for the applied index took too long",
              ErrorState.TIMED_OUT),
          Map.entry(
              PREFIX + "authentication failed, invalid user ID or password",
              ErrorState.INVALID_AUTHORISATION),
          Map.entry(PREFIX + "invalid auth token", ErrorState.INVALID_AUTHORISATION),
          Map.entry(PREFIX + "user name is empty", ErrorState.INVALID_AUTHORISATION),
          Map.entry(PREFIX + "revision of auth store is old", ErrorState.INVALID_AUTHORISATION),
          Map.entry(PREFIX + "corrupt cluster", ErrorState.DATA_CORRUPTED));

  private Errors() {}

  /** The kind of failure that a status means. */
  static ErrorState state(Status status) {
    ErrorState known = BY_TEXT.get(text(status));
    if (known != null) {
      return known;
    }
    return switch (status.getCode()) {
      // The driver never reports what it cancelled itself: this is a server that hung up.
      case UNAVAILABLE, ABORTED, CANCELLED -> ErrorState.CONNECTION_LOST;
      case DEADLINE_EXCEEDED -> ErrorState.TIMED_OUT;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> ErrorState.INVALID_ARGUMENT;
      case UNAUTHENTICATED -> ErrorState.INVALID_AUTHORISATION;
      case PERMISSION_DENIED -> ErrorState.PERMISSION_DENIED;
      case NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION -> ErrorState.WRONG_STATE;
      case RESOURCE_EXHAUSTED -> ErrorState.MESSAGE_TOO_LARGE;
      case UNIMPLEMENTED -> ErrorState.NOT_SUPPORTED;
      case DATA_LOSS -> ErrorState.DATA_CORRUPTED;
      default -> ErrorState.SERVER_ERROR;
    };
  }

  /** Whether the server refused the request before it proposed anything. */
  static boolean isRefusedUnexecuted(Status status) {
    String text = text(status);
    return text.equals(PREFIX + "no leader") || text.equals(PREFIX + "too many requests");
  }

  /** Whether the server refuses the token, and a new one may help. */
  static boolean isStaleToken(Status status) {
    String text = text(status);
    return text.equals(PREFIX + "invalid auth token")
        || text.equals(PREFIX + "revision of auth store is old");
  }

  /** Whether a write that ended so may have been executed, given that it was sent. */
  static boolean leavesOutcomeOpen(Status status) {
    if (isRefusedUnexecuted(status)) {
      return false;
    }
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL, ABORTED, DATA_LOSS -> true;
      // Either an answer too large to be received, or a server that hangs up on its clients.
      case RESOURCE_EXHAUSTED -> !BY_TEXT.containsKey(text(status));
      default -> false;
    };
  }

  /** Whether a read that ended so may succeed elsewhere or later. */
  static boolean isWorthRepeating(Status status) {
    return switch (status.getCode()) {
      case UNAVAILABLE, ABORTED, CANCELLED -> true;
      case RESOURCE_EXHAUSTED -> isRefusedUnexecuted(status) || isHungUp(status);
      default -> false;
    };
  }

  private static boolean isHungUp(Status status) {
    String text = text(status);
    return text.contains("ENHANCE_YOUR_CALM") || text.contains("too_many_pings");
  }

  /** The failure of one request at one endpoint. */
  static HoldfastException of(
      Status status, List<String> endpoints, long revision, boolean outcomeUnknown) {
    ErrorState state = state(status);
    if (outcomeUnknown && state == ErrorState.CONNECTION_LOST) {
      state = ErrorState.OUTCOME_UNKNOWN;
    }
    return new HoldfastException(
        state,
        describe(status)
            + (endpoints.isEmpty() ? "" : " (at " + String.join(", ", endpoints) + ")")
            + (outcomeUnknown ? "; the write may or may not have been executed" : ""),
        status.getCode().name(),
        endpoints,
        revision,
        outcomeUnknown,
        status.getCause());
  }

  /** A status in words, with the reason that the transport hides in its causes. */
  static String describe(Status status) {
    Throwable deepest = status.getCause();
    while (deepest != null && deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    if (deepest != null && deepest.getMessage() != null) {
      return deepest.getMessage();
    }
    return text(status).isEmpty() ? status.getCode().name() : text(status);
  }

  private static String text(Status status) {
    return status.getDescription() == null ? "" : status.getDescription();
  }
}
