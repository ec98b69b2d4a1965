package io.holdfast.server.raft.simulation;

import java.util.SplittableRandom;

/**
 * How rough a run is. Drawn from the seed, so that runs differ in kind and not only in detail: some
 * have a perfect network and many crashes, some the other way round.
 */
public record Settings(
    int voters,
    int keys,
    int clients,
    boolean preVote,
    boolean checkQuorum,
    double loss,
    double duplication,
    long delayMaxMicros,
    double slowMessages,
    long syncMaxMicros,
    double slowSyncs,
    double clockDrift,
    long faultEveryMicros,
    int crashWeight,
    int partitionWeight,
    int pauseWeight,
    int transferWeight,
    double ambush,
    double leaderAmbush,
    long snapshotEveryMicros,
    int inflightMessagesMax,
    long appendBytesMax,
    double logLoss,
    long changeEveryMicros,
    double changeAmbush,
    long chaosMicros) {
  static final long TICK_MICROS = 10_000;
  static final int ELECTION_TIMEOUT_TICKS = 10;
  static final int HEARTBEAT_TICKS = 2;

  /** Members that a run may have in its life. */
  static final int MEMBERS_MAX = 9;

  /** What a run is to be about. */
  public enum Weather {
    /** Anything. */
    MIXED,
    /** Memberships change all the time, by leaders that lose touch just then. */
    MEMBERSHIP
  }

  static Settings draw(SplittableRandom random, Weather weather) {
    boolean storm = weather == Weather.MEMBERSHIP;
    long changeEveryMicros =
        (long) (storm ? pick(random, 20_000, 60_000) : pick(random, 0, 60_000, 200_000, 600_000));
    boolean changes = changeEveryMicros > 0;
    boolean guarded = random.nextInt(3) > 0;
    boolean shortReigns = random.nextInt(4) == 0;
    return new Settings(
        (int) (changes ? pick(random, 1, 2, 3, 3, 4, 5) : pick(random, 3, 3, 5)),
        1 + random.nextInt(3),
        3 + random.nextInt(3),
        guarded || random.nextBoolean(),
        guarded || random.nextBoolean(),
        pick(random, 0, 0, 0.01, 0.05, 0.2),
        pick(random, 0, 0, 0.02, 0.2),
        (long) pick(random, 1_000, 5_000, 20_000),
        pick(random, 0, 0.01, 0.1),
        (long) pick(random, 500, 5_000, 30_000),
        pick(random, 0, 0.02, 0.2),
        pick(random, 0, 0.05, 0.5),
        (long) pick(random, 80_000, 200_000, 500_000),
        random.nextInt(6),
        random.nextInt(6),
        random.nextInt(3),
        random.nextInt(3),
        pick(random, 0, 0.02, 0.1),
        shortReigns ? 0.8 : 0,
        (long) pick(random, 50_000, 300_000, 2_000_000),
        (int) pick(random, 1, 4, 64),
        (long) (shortReigns ? 60 : pick(random, 60, 500, 1 << 20)),
        changes ? 0 : pick(random, 0, 0, 0.1, 0.5),
        changeEveryMicros,
        storm ? pick(random, 0.2, 0.5) : changes ? pick(random, 0, 0, 0.1, 0.4) : 0,
        4_000_000);
  }

  private static double pick(SplittableRandom random, double... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
