package io.holdfast.server.simulation;

/** Thrown out of whatever a simulated process does once it no longer exists. */
final class ProcessEnded extends Error {
  private static final long serialVersionUID = 1L;

  ProcessEnded() {
    super("the simulated process has ended", null, false, false);
  }
}
