package io.holdfast.server.auth;

/**
 * On whose behalf something is done: what wire adapters hand to the use cases, and what a command
 * carries through the log. Immutable.
 */
public sealed interface Caller {
  /** Somebody who did not say who they are. Allowed everything while authentication is off. */
  Caller ANONYMOUS = new Anonymous();

  /** The cluster's own duties: leases that end, alarms it raises. Never made of a request. */
  Caller CLUSTER = new Cluster();

  /** See {@link #ANONYMOUS}. */
  record Anonymous() implements Caller {}

  /** See {@link #CLUSTER}. */
  record Cluster() implements Caller {}

  /**
   * Somebody who has signed in.
   *
   * @param authRevision of the users and permissions when the caller was recognized: what was
   *     admitted by older permissions than those in force is refused
   */
  record SignedIn(String user, long authRevision) implements Caller {}

  /** For logs: the name as far as there is one. */
  default String describe() {
    return this instanceof SignedIn known ? "user " + known.user() : getClass().getSimpleName();
  }
}
