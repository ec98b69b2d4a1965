package io.holdfast.server.raft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Clients that write, compare-and-write and read one call after the other, at any member, and give
 * up waiting after a while. A client whose call stays unknown goes on under a new name, since that
 * call may still take effect at any time.
 */
final class Workload {
  private static final long TIMEOUT_MICROS = 400_000;

  private final Simulation simulation;
  private final List<Operation> history = new ArrayList<>();
  private long lastClient;
  private boolean stopped;

  Workload(Simulation simulation) {
    this.simulation = simulation;
  }

  List<Operation> history() {
    return history;
  }

  void start() {
    for (int i = 0; i < simulation.settings().clients(); i++) {
      next(++lastClient, 0);
    }
  }

  void stop() {
    stopped = true;
  }

  private void next(long client, int preferred) {
    SplittableRandom random = simulation.random();
    long think = random.nextInt(3) == 0 ? 0 : random.nextLong(30_000);
    simulation.at(
        simulation.now() + think,
        null,
        () -> {
          if (!stopped) {
            call(client, preferred);
          }
        });
  }

  private void call(long client, int preferred) {
    SplittableRandom random = simulation.random();
    int members = simulation.nodes().size();
    int target = preferred > 0 && random.nextInt(4) > 0 ? preferred : 1 + random.nextInt(members);
    SimulatedNode node = simulation.node(target);
    if (!node.isRunning()) {
      next(client, 0);
      return;
    }
    int dice = random.nextInt(10);
    Operation.Kind kind =
        dice < 4
            ? Operation.Kind.WRITE
            : dice < 5 ? Operation.Kind.COMPARE_AND_WRITE : Operation.Kind.READ;
    Operation operation = begin(client, kind, random.nextInt(simulation.settings().keys()), node);
    long deadline = simulation.now() + TIMEOUT_MICROS;
    waitFor(operation, client, target, deadline);
  }

  /** Calls a member; the outcome shows in the operation. */
  Operation begin(long client, Operation.Kind kind, int key, SimulatedNode node) {
    long expected = 0;
    if (kind == Operation.Kind.COMPARE_AND_WRITE) {
      expected = node.machine().read(key);
    }
    Operation operation =
        new Operation(history.size() + 1, client, kind, key, expected, simulation.now());
    history.add(operation);
    Command command =
        new Command(operation.id, key, kind == Operation.Kind.COMPARE_AND_WRITE, expected);
    long travel = simulation.random().nextLong(2_000);
    simulation.at(simulation.now() + travel, node, () -> node.call(operation, command));
    return operation;
  }

  private void waitFor(Operation operation, long client, int target, long deadline) {
    operation.whenAnswered =
        () -> {
          boolean served = operation.outcome == Operation.Outcome.DONE;
          next(client, served ? target : 0);
        };
    simulation.at(
        deadline,
        null,
        () -> {
          if (operation.outcome == Operation.Outcome.UNKNOWN) {
            operation.abandoned = true;
            next(++lastClient, 0);
          }
        });
  }
}
