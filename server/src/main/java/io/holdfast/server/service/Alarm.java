package io.holdfast.server.service;

/** An alarm that a member raised. */
public record Alarm(long memberId, Kind kind) {
  /** What can be wrong. */
  public enum Kind {
    NO_SPACE,
    CORRUPT
  }
}
