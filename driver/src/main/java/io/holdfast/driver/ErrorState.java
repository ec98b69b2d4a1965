package io.holdfast.driver;

/**
 * The five-character states of {@link HoldfastException}, as SQL has them.
 *
 * <p>The first two characters are the class. Classes that begin with {@code K} are this driver's
 * own: the SQL standard leaves those to implementations.
 */
public enum ErrorState {
  /** No endpoint could be reached in time; the request was never sent. */
  CONNECTION_FAILED("08001", true),
  /** The connection was closed by its owner. */
  CONNECTION_CLOSED("08003", false),
  /** The connection to the endpoint broke. */
  CONNECTION_LOST("08006", true),
  /** An answer is larger than what is accepted. */
  MESSAGE_TOO_LARGE("54000", false),
  /** The request was sent and no answer came: it may or may not have been executed. */
  OUTCOME_UNKNOWN("08007", true),
  /** The peer answered something that the protocol does not allow. */
  PROTOCOL_VIOLATION("08P01", false),
  /** The server, the driver, or this version of either does not support the request. */
  NOT_SUPPORTED("0A000", false),
  /** An argument, URL or property is unusable. */
  INVALID_ARGUMENT("22023", false),
  /** User name, password or token were refused. */
  INVALID_AUTHORISATION("28000", false),
  /** The user may not do this. */
  PERMISSION_DENIED("28001", false),
  /** What a transaction had read was changed by others, more often than it was retried. */
  TRANSACTION_CONFLICT("40001", true),
  /** The server refused more requests for now, or too many are in flight here. */
  TOO_MANY_REQUESTS("53300", true),
  /** The store's space quota is used up. */
  SPACE_EXCEEDED("53100", false),
  /** The store is not in the state that the request needs. */
  WRONG_STATE("55000", false),
  /** The request did not finish in time, or its thread was interrupted. */
  TIMED_OUT("57014", true),
  /** The server failed. */
  SERVER_ERROR("58000", false),
  /** Stored data is damaged. */
  DATA_CORRUPTED("XX001", false),
  /** A blocking call on a thread that runs callbacks. */
  BLOCKING_IN_CALLBACK("KB001", false),
  /** The revision asked for has been compacted away. */
  COMPACTED("KC001", false),
  /** The revision asked for does not exist yet. */
  FUTURE_REVISION("KC002", false),
  /** The lease does not exist, or no longer. */
  LEASE_LOST("KL001", false),
  /** The cluster has no leader at present. */
  NO_LEADER("KN001", true);

  private final String code;
  private final boolean isTransient;

  ErrorState(String code, boolean isTransient) {
    this.code = code;
    this.isTransient = isTransient;
  }

  /** The five characters. */
  public String code() {
    return code;
  }

  /** Whether the same request may well succeed later. */
  public boolean isTransient() {
    return isTransient;
  }
}
