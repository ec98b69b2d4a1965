package io.holdfast.server.simulation;

/**
 * How a run's time is divided: storms, in which one fault follows the other and everybody is in a
 * hurry, and calm stretches, as most of a real cluster's life is: no new faults, the old ones
 * mended, and clients that call now and then.
 *
 * @param storms how many, each followed by a calm stretch
 * @param stormSeconds how long a storm is, in virtual time
 * @param calmSeconds how long a calm stretch is, in virtual time
 * @param heartbeatFactor how much rarer heartbeats are than where all is storm
 * @param changesMembers whether an operator changes who belongs to the cluster meanwhile
 * @param breaksDisks whether disks lose bits, let writes go astray and fill up, see {@link
 *     DiskNemesis}
 * @param writesCheckpoints whether members write their key index down every few writes, and find it
 *     damaged, old or another's, see {@link CheckpointNemesis}
 */
record Weather(
    int storms,
    int stormSeconds,
    int calmSeconds,
    int heartbeatFactor,
    boolean changesMembers,
    boolean breaksDisks,
    boolean writesCheckpoints) {
  /** Nothing but one storm. */
  static Weather storm(int seconds) {
    return new Weather(1, seconds, 0, 1, false, false, false);
  }

  /** One storm in which the key index is written down all the time. */
  static Weather checkpointStorm() {
    return new Weather(1, 60, 0, 1, false, false, true);
  }

  /** One storm in which the membership changes every few seconds. */
  static Weather memberStorm() {
    return new Weather(1, 60, 0, 1, true, false, true);
  }

  /** One storm in which disks do what no disk should, too. */
  static Weather diskStorm() {
    return new Weather(1, 60, 0, 1, false, true, true);
  }

  /** Two storms in which some want the same lock, and the calm after each. */
  static Weather lockStorm() {
    return new Weather(2, 40, 20, 1, false, false, false);
  }

  /** Forty minutes of a cluster's life, most of it calm. */
  static Weather fortyMinutes() {
    return new Weather(2, 30, 1_170, 4, false, false, true);
  }

  /** Six hours of a cluster's life, with a storm every twenty minutes. */
  static Weather sixHours() {
    return new Weather(18, 30, 1_170, 4, false, false, true);
  }

  /**
   * {@code minutes} for forty of them, {@code hours} for six, {@code members} for changes of those,
   * {@code disks} for broken ones, {@code checkpoints} for those of the key index, {@code locks}
   * for locks, or the seconds of a storm.
   */
  static Weather named(String name) {
    return switch (name) {
      case "members" -> memberStorm();
      case "disks" -> diskStorm();
      case "checkpoints" -> checkpointStorm();
      case "locks" -> lockStorm();
      case "minutes" -> fortyMinutes();
      case "hours" -> sixHours();
      default -> storm(Integer.parseInt(name));
    };
  }

  /** Whether some want the same lock: where it storms for most of the time. */
  boolean wantsLocks() {
    return isChangeable() && calmSeconds < stormSeconds;
  }

  boolean isChangeable() {
    return calmSeconds > 0;
  }
}
