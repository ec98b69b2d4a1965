package io.holdfast.server.raft.simulation;

/** A run broke a property. The message names it and repeats the run in one line. */
public final class SimulationFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String property;

  public SimulationFailure(String property, String detail) {
    super(property + ": " + detail);
    this.property = property;
  }

  SimulationFailure(long seed, long time, String property, Throwable cause) {
    super(
        cause.getMessage()
            + " (at "
            + time
            + " us). Repeat with -Dtest=RaftSimulationTest -Dholdfast.simulation.seed="
            + seed,
        cause);
    this.property = property;
  }

  /** The property's name. */
  public String property() {
    return property;
  }
}
