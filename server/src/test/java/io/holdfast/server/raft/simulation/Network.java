package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Loses, doubles, delays and thereby reorders messages; links can be cut in one direction. A link
 * is looked at when a message leaves and again when it arrives.
 */
final class Network {
  private final Simulation simulation;
  private final boolean[][] cut;
  private double loss;
  private double duplication;
  private double slowMessages;

  Network(Simulation simulation, Settings settings) {
    this.simulation = simulation;
    this.cut = new boolean[Settings.MEMBERS_MAX + 1][Settings.MEMBERS_MAX + 1];
    this.loss = settings.loss();
    this.duplication = settings.duplication();
    this.slowMessages = settings.slowMessages();
  }

  void send(SimulatedNode from, Message message) {
    SimulatedDisk.Snapshot payload = null;
    Message sent = message;
    if (message instanceof InstallSnapshot install) {
      payload = from.durableSnapshot();
      sent = new InstallSnapshot(install.from(), install.to(), install.term(), payload.metadata());
      reportLater(from, install.to());
    }
    SplittableRandom random = simulation.random();
    if (isCut(sent) || random.nextDouble() < loss) {
      return;
    }
    deliverLater(sent, payload);
    if (duplication > 0 && random.nextDouble() < duplication) {
      deliverLater(sent, payload);
    }
  }

  /** The sender is told in the end that the transfer is over; it may be told wrongly. */
  private void reportLater(SimulatedNode from, long peer) {
    boolean delivered = simulation.random().nextInt(4) > 0;
    simulation.after(50_000 + delay(), from, () -> from.reportSnapshot(peer, delivered));
  }

  private void deliverLater(Message message, SimulatedDisk.Snapshot payload) {
    SimulatedNode to = simulation.node(message.to());
    simulation.at(
        simulation.now() + delay(),
        to,
        () -> {
          if (!isCut(message)) {
            to.receive(message, payload);
          }
        });
  }

  private long delay() {
    SplittableRandom random = simulation.random();
    long max = simulation.settings().delayMaxMicros();
    long usual = 100 + random.nextLong(max);
    return slowMessages > 0 && random.nextDouble() < slowMessages
        ? usual + random.nextLong(300_000)
        : usual;
  }

  private boolean isCut(Message message) {
    return cut[(int) message.from()][(int) message.to()];
  }

  void cut(long from, long to) {
    cut[(int) from][(int) to] = true;
  }

  void heal() {
    for (boolean[] row : cut) {
      Arrays.fill(row, false);
    }
  }

  /** From now on nothing goes wrong any more. */
  void calm() {
    heal();
    loss = 0;
    duplication = 0;
    slowMessages = 0;
  }
}
