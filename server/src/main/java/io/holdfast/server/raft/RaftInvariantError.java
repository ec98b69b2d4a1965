package io.holdfast.server.raft;

/**
 * A property that Raft guarantees does not hold any more. Going on would risk committed data, so
 * whoever runs the core ends the process. These checks stay on in production.
 */
public final class RaftInvariantError extends Error {
  private static final long serialVersionUID = 1L;

  private final String invariant;

  /**
   * @param invariant the property's name, as the Raft paper calls it where it has one
   * @param detail the indexes and terms that break it
   */
  public RaftInvariantError(String invariant, String detail) {
    super(invariant + " violated: " + detail);
    this.invariant = invariant;
  }

  /** The property's name. */
  public String invariant() {
    return invariant;
  }
}
