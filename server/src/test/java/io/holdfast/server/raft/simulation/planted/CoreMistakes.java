package io.holdfast.server.raft.simulation.planted;

import io.holdfast.server.raft.simulation.Simulation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/** The mistakes that are planted into the core alone, for those who hunt all there are. */
public final class CoreMistakes {
  private CoreMistakes() {}

  /**
   * @param visitor told each mistake's name, and how to hunt it with a seed: the property that was
   *     found broken, if any
   */
  public static void forEach(BiConsumer<String, LongFunction<Optional<String>>> visitor) {
    Stream.of(PlantedBug.values())
        .forEach(bug -> visitor.accept(bug.name(), seed -> run(bug, seed)));
  }

  private static Optional<String> run(PlantedBug bug, long seed) {
    try {
      new Simulation(seed, bug.behaviour(), Invariant.all()).run();
      return Optional.empty();
    } catch (SimulationFailure found) {
      return Optional.of(found.property());
    }
  }
}
