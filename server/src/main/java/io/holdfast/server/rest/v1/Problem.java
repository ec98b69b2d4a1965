package io.holdfast.server.rest.v1;

import io.grpc.Status;
import io.holdfast.server.error.EtcdError;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Why a request was not answered as asked, in the form of RFC 9457. Thrown and caught inside this
 * package; without a stack trace, because it is an answer.
 *
 * <p>The type is {@code urn:holdfast:problem:<name>}. What the store refuses has etcd's text as its
 * title, and the name and number of etcd's error.
 */
final class Problem extends RuntimeException {
  static final String MEDIA_TYPE = "application/problem+json";
  private static final long serialVersionUID = 1L;
  private static final String TYPE_PREFIX = "urn:holdfast:problem:";

  private static final Map<String, EtcdError> ERRORS =
      Arrays.stream(EtcdError.values())
          .collect(
              Collectors.toMap(EtcdError::text, Function.identity(), (first, second) -> first));

  /** After one of these a write may have happened, may still happen, or never does. */
  private static final Set<EtcdError> OUTCOME_UNKNOWN =
      EnumSet.of(
          EtcdError.TIMEOUT,
          EtcdError.TIMEOUT_LEADER_FAILURE,
          EtcdError.TIMEOUT_CONNECTION_LOST,
          EtcdError.TIMEOUT_APPLIED_INDEX,
          EtcdError.LEADER_CHANGED,
          EtcdError.SERVER_STOPPED,
          EtcdError.CONTEXT_DEADLINE_EXCEEDED,
          EtcdError.REQUEST_CANCELED);

  private final int status;
  private final String name;
  private final String title;
  private final transient Map<String, Object> members = new LinkedHashMap<>();
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  Problem(int status, String name, String title, String detail) {
    super(detail, null, false, false);
    this.status = status;
    this.name = name;
    this.title = title;
  }

  /** A request that cannot be understood; {@code detail} says how to mend it. */
  static Problem badRequest(String name, String detail) {
    return new Problem(400, name, "The request is not understood", detail);
  }

  /** What the services answered instead of a result. */
  static Problem of(Status refusal, boolean write) {
    EtcdError error = ERRORS.get(refusal.getDescription());
    if (error != null) {
      return of(error, write);
    }
    int status =
        switch (refusal.getCode()) {
          case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION -> 400;
          case RESOURCE_EXHAUSTED -> 429;
          case UNAUTHENTICATED -> 401;
          case PERMISSION_DENIED -> 403;
          case NOT_FOUND -> 404;
          case UNIMPLEMENTED -> 501;
          case UNAVAILABLE -> 503;
          case DEADLINE_EXCEEDED -> 504;
          default -> 500;
        };
    Problem problem =
        new Problem(
            status,
            refusal.getCode().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            "The request failed",
            refusal.getDescription());
    return problem.with("code", refusal.getCode().value());
  }

  static Problem of(EtcdError error, boolean write) {
    Problem problem =
        new Problem(statusOf(error), nameOf(error), error.text(), detailOf(error, write))
            .with("code", error.code().number());
    if (write && OUTCOME_UNKNOWN.contains(error)) {
      problem.with("outcome", "unknown");
    }
    if (problem.status == 429 || problem.status == 503) {
      problem.header("Retry-After", "1");
    }
    if (problem.status == 401) {
      problem.header("WWW-Authenticate", "Bearer");
    }
    return problem;
  }

  static String nameOf(EtcdError error) {
    return error.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** HTTP says some things more precisely than the gateway's table of codes. */
  static int statusOf(EtcdError error) {
    return switch (error) {
      case COMPACTED -> 410;
      case REQUEST_IS_TOO_LARGE, TOO_MANY_OPERATIONS, ANSWER_TOO_LARGE, WRITE_READS_TOO_MUCH -> 413;
      case NO_SPACE -> 507;
      case NOT_SUPPORTED_FOR_LEARNER, NOT_LEADER -> 503;
      case TIMEOUT, TIMEOUT_LEADER_FAILURE, TIMEOUT_CONNECTION_LOST, TIMEOUT_APPLIED_INDEX -> 504;
      case KEY_NOT_FOUND -> 404;
      default ->
          switch (error.code()) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> 400;
            case RESOURCE_EXHAUSTED -> 429;
            case NOT_FOUND -> 404;
            case FAILED_PRECONDITION -> 409;
            case PERMISSION_DENIED -> 403;
            case UNAUTHENTICATED -> 401;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case CANCELLED -> 499;
            case UNIMPLEMENTED -> 501;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
          };
    };
  }

  private static String detailOf(EtcdError error, boolean write) {
    if (write && OUTCOME_UNKNOWN.contains(error)) {
      return "The write may have happened, or may still happen: read the key before you repeat it,"
          + " or repeat it with If-Match.";
    }
    return switch (error) {
      case COMPACTED ->
          "History from that revision on is gone: read the present state, go on there.";
      case FUTURE_REVISION -> "The store has not reached that revision yet.";
      case LEASE_NOT_FOUND -> "There is no such lease; it may have ended.";
      case REQUEST_IS_TOO_LARGE -> "Store less under one key, or raise --max-request-bytes.";
      case TOO_MANY_OPERATIONS -> "Send smaller parts, or raise --max-txn-ops.";
      case NO_SPACE -> "Compact, defragment, raise --quota-backend-bytes, then disarm the alarm.";
      case NOT_SUPPORTED_FOR_LEARNER -> "This member is a learner: ask a voter.";
      default -> error.text();
    };
  }

  Problem with(String member, Object value) {
    members.put(member, value);
    return this;
  }

  Problem header(String header, String value) {
    headers.put(header, value);
    return this;
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }

  String toJson() {
    JsonObject json =
        new JsonObject()
            .put("type", TYPE_PREFIX + name)
            .put("title", title)
            .put("status", status)
            .put("detail", getMessage());
    members.forEach(json::put);
    return json.encode();
  }
}
