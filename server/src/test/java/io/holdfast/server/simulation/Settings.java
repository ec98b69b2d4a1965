package io.holdfast.server.simulation;

import java.util.SplittableRandom;

/**
 * What a run is like; all of it follows from the seed.
 *
 * @param members how many
 * @param clients how many that read and write
 * @param weather when things go wrong, before everything is mended
 * @param thinkMillis how long a client waits between two calls, on average
 * @param faultMillis time between two faults, on average
 * @param lossPerMille messages lost between members while nothing else is wrong
 * @param duplicatePerMille messages delivered twice
 * @param delayMicros a message's usual time on the way
 * @param clockDriftPerMille how far a member's clock may be off in its speed
 * @param diskMicros what a call to the disk usually takes
 * @param snapshotCount see MemberConfig
 * @param snapshotCatchupEntries see MemberConfig
 * @param commitMillis how long the store may go on without a commit
 * @param heartbeatMillis a tick
 * @param electionMillis the election timeout
 * @param smallStoreBytes see BackendOptions: 0 to put every store in order all the time
 * @param checkpointRecordsMin see MvccOptions
 * @param checkpointStepKeys see MvccOptions
 */
record Settings(
    int members,
    int clients,
    Weather weather,
    int thinkMillis,
    int faultMillis,
    int lossPerMille,
    int duplicatePerMille,
    int delayMicros,
    int clockDriftPerMille,
    int diskMicros,
    int snapshotCount,
    int snapshotCatchupEntries,
    int commitMillis,
    int heartbeatMillis,
    int electionMillis,
    int smallStoreBytes,
    int checkpointRecordsMin,
    int checkpointStepKeys) {
  /** A heart beats less often where little is to happen for long. */
  static Settings of(long seed, Weather weather) {
    SplittableRandom random = new SplittableRandom(seed);
    int quick = pick(random, 50, 100, 100, 200);
    int heartbeat = quick * weather.heartbeatFactor();
    return new Settings(
        weather.changesMembers() ? 3 : pick(random, 1, 3, 3, 3, 3, 3, 5),
        2 + random.nextInt(6),
        weather,
        pick(random, 200, 500, 1_000),
        pick(random, 1_500, 4_000, 10_000),
        pick(random, 0, 0, 5, 50),
        pick(random, 0, 5, 50),
        pick(random, 100, 1_000, 10_000),
        pick(random, 0, 1, 10),
        pick(random, 100, 1_000, 20_000),
        pick(random, 20, 100, 1_000),
        pick(random, 1, 20, 500),
        pick(random, 100, 500, 2_000),
        heartbeat,
        heartbeat * 10,
        weather.isChangeable() ? 1 << 20 : 0,
        weather.writesCheckpoints() ? pick(random, 1, 5, 30) : Integer.MAX_VALUE,
        pick(random, 1, 3, 100));
  }

  private static int pick(SplittableRandom random, int... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
