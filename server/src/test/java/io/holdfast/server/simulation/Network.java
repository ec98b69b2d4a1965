package io.holdfast.server.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What is between the machines: messages take their time, each its own, so they overtake each
 * other; some are lost, some come twice, and any direction between two machines may be cut.
 */
final class Network {
  private final Timeline timeline;
  private final SplittableRandom random;
  private final Settings settings;
  private final Map<Long, Machine> machines = new HashMap<>();
  private final Set<Long> cuts = new HashSet<>();
  private int lossPerMille;
  private int slowness = 1;

  Network(Timeline timeline, SplittableRandom random, Settings settings) {
    this.timeline = timeline;
    this.random = random;
    this.settings = settings;
    this.lossPerMille = settings.lossPerMille();
  }

  /** Makes known on which machine a member lives. */
  void register(long memberId, Machine machine) {
    machines.put(memberId, machine);
  }

  Machine machine(long memberId) {
    return machines.get(memberId);
  }

  void cut(Machine from, Machine to) {
    cuts.add(key(from, to));
  }

  boolean isCut(Machine from, Machine to) {
    return cuts.contains(key(from, to));
  }

  void setLossPerMille(int perMille) {
    lossPerMille = perMille;
  }

  void setSlowness(int factor) {
    slowness = factor;
  }

  void mend() {
    cuts.clear();
    lossPerMille = settings.lossPerMille();
    slowness = 1;
  }

  void healCompletely() {
    mend();
    lossPerMille = 0;
  }

  /**
   * Brings something from one machine to another, or not.
   *
   * @return false when it is lost
   */
  boolean deliver(Machine from, Machine to, boolean mayRepeat, Runnable arrival) {
    if (isCut(from, to) || random.nextInt(1000) < lossPerMille) {
      return false;
    }
    timeline.after(delay(), () -> arriveUnlessCut(from, to, arrival));
    if (mayRepeat && random.nextInt(1000) < settings.duplicatePerMille()) {
      timeline.after(delay() * 3, () -> arriveUnlessCut(from, to, arrival));
    }
    return true;
  }

  private void arriveUnlessCut(Machine from, Machine to, Runnable arrival) {
    if (!isCut(from, to)) {
      arrival.run();
    }
  }

  long delay() {
    long usual = settings.delayMicros() * 1_000L * slowness;
    long delay = usual / 2 + random.nextLong(usual);
    return random.nextInt(100) == 0 ? delay * 20 : delay;
  }

  private static long key(Machine from, Machine to) {
    return from.number() * 1_000L + to.number();
  }
}
