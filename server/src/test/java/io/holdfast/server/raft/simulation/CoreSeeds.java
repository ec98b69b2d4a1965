package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.simulation.invariant.Invariant;

/** Runs of the core as it is, seed by seed. */
public final class CoreSeeds {
  /** Every so many seeds, a run in which the membership changes all the time. */
  private static final int STORM_EVERY = 4;

  private CoreSeeds() {}

  /**
   * Runs a seed to its end.
   *
   * @throws SimulationFailure when a property is broken
   */
  public static Simulation.Report run(long seed) {
    boolean storm = seed % STORM_EVERY == 0;
    Behaviour right =
        new Behaviour() {
          @Override
          public Settings.Weather weather() {
            return storm ? Settings.Weather.MEMBERSHIP : Settings.Weather.MIXED;
          }
        };
    return new Simulation(seed, right, Invariant.all()).run();
  }
}
