package io.holdfast.driver;

/** How fresh the answer to a read must be. */
public enum Consistency {
  /** Sees every write acknowledged before the read began; costs a round through the leader. */
  LINEARIZABLE,
  /** Whatever the asked member has applied: faster, served without a leader, perhaps stale. */
  SERIALIZABLE
}
