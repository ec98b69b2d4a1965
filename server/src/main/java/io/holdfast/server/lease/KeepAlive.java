package io.holdfast.server.lease;

/** What became of a keep-alive. */
public sealed interface KeepAlive {
  /** The lease lives on for its full time from now. */
  record Renewed(long ttlSeconds) implements KeepAlive {}

  /** There is no such lease, or no more: answered with a time to live of 0. */
  record Unknown() implements KeepAlive {}

  /** This member does not lead, so it cannot tell: the leader is to be asked. */
  record NotPrimary() implements KeepAlive {}
}
