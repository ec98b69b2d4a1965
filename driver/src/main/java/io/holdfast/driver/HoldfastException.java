package io.holdfast.driver;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Every failure of the driver: what kind it is, where it happened, and what is known of the
 * outcome.
 *
 * <p>Match on {@link #errorState()}, never on the message. {@link #outcomeUnknown()} is the one
 * question to ask before repeating a write: only when it is false is it certain that the write did
 * not happen.
 */
public class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorState errorState;
  private final String status;
  private final List<String> endpoints;
  private final long revision;
  private final boolean outcomeUnknown;

  /**
   * A failure with all that is known of it.
   *
   * @param errorState the kind of failure
   * @param message what is wrong and, where possible, how to mend it; never a secret
   * @param status the name of the gRPC status, or empty when the failure is the driver's own
   * @param endpoints the endpoints tried, in order
   * @param revision the revision the failure speaks of, or 0
   * @param outcomeUnknown whether a write may have been executed
   * @param cause what caused it, or null
   */
  public HoldfastException(
      ErrorState errorState,
      String message,
      String status,
      List<String> endpoints,
      long revision,
      boolean outcomeUnknown,
      Throwable cause) {
    super(message, cause);
    this.errorState = Objects.requireNonNull(errorState, "errorState");
    this.status = Objects.requireNonNull(status, "status");
    this.endpoints = List.copyOf(endpoints);
    this.revision = revision;
    this.outcomeUnknown = outcomeUnknown;
  }

  /** A failure of the driver's own, before anything was sent. */
  public HoldfastException(ErrorState errorState, String message) {
    this(errorState, message, "", List.of(), 0, false, null);
  }

  /** An unusable argument. */
  public static HoldfastException invalidArgument(String message) {
    return new HoldfastException(ErrorState.INVALID_ARGUMENT, message);
  }

  /** The kind of failure. */
  public ErrorState errorState() {
    return errorState;
  }

  /** The five characters of the kind of failure, such as {@code 08001}. */
  public String state() {
    return errorState.code();
  }

  /** The name of the gRPC status, such as {@code UNAVAILABLE}; empty for the driver's own. */
  public String status() {
    return status;
  }

  /** The endpoints that were tried, in order; empty if none was. */
  public List<String> endpoints() {
    return endpoints;
  }

  /** The revision the failure speaks of: for a compaction, the oldest one still readable. */
  public OptionalLong revision() {
    return revision > 0 ? OptionalLong.of(revision) : OptionalLong.empty();
  }

  /** Whether the same request may well succeed later. */
  public boolean isTransient() {
    return errorState.isTransient();
  }

  /** Whether a write may have been executed although it failed; always false for reads. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
