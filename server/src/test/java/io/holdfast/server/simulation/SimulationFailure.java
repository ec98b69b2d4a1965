package io.holdfast.server.simulation;

/** A simulated run showed something that must not be. */
final class SimulationFailure extends AssertionError {
  private static final long serialVersionUID = 1L;

  SimulationFailure(String property, String detail) {
    super(property + ": " + detail);
  }

  SimulationFailure(String property, String detail, Throwable cause) {
    super(property + ": " + detail + ": " + cause, cause);
  }
}
