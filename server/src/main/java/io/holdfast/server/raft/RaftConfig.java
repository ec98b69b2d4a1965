package io.holdfast.server.raft;

import java.util.Objects;

/**
 * The settings of one {@link RaftCore}. A tick is whatever interval the caller ticks at.
 *
 * @param memberId this member, never 0
 * @param electionTimeoutTicks a follower that hears nothing for this long (and up to twice this
 *     long, at random) stands for election; more than {@code heartbeatTicks}
 * @param heartbeatTicks a leader's interval between heartbeats, at least 1
 * @param inflightMessagesMax append messages sent to one peer but not yet answered
 * @param inflightBytesMax entry bytes sent to one peer but not yet answered
 * @param appendBytesMax entry bytes in one append message; a larger single entry goes alone
 * @param uncommittedBytesMax entry bytes a leader accepts beyond the commit index; a proposal is
 *     always accepted when nothing is waiting
 * @param pendingReadsMax reads waiting for their index at once
 * @param preVote ask before standing for election, so that a member coming back from a partition
 *     disturbs nobody (thesis, 9.6)
 * @param checkQuorum a leader that hears from no majority for an election timeout steps down, and
 *     members that hear from a leader ignore candidates (thesis, 6.2 and 4.2.3)
 * @param random source of election timeouts and of ids that must not repeat after a restart
 */
public record RaftConfig(
    long memberId,
    int electionTimeoutTicks,
    int heartbeatTicks,
    int inflightMessagesMax,
    long inflightBytesMax,
    long appendBytesMax,
    long uncommittedBytesMax,
    int pendingReadsMax,
    boolean preVote,
    boolean checkQuorum,
    RandomSource random) {

  public RaftConfig {
    Objects.requireNonNull(random, "random");
    require(memberId != 0, "memberId must not be 0");
    require(heartbeatTicks >= 1, "heartbeatTicks must be at least 1, is " + heartbeatTicks);
    require(
        electionTimeoutTicks > heartbeatTicks,
        "electionTimeoutTicks ("
            + electionTimeoutTicks
            + ") must be above heartbeatTicks ("
            + heartbeatTicks
            + ")");
    require(inflightMessagesMax >= 1, "inflightMessagesMax must be at least 1");
    require(appendBytesMax >= 1, "appendBytesMax must be at least 1");
    require(inflightBytesMax >= appendBytesMax, "inflightBytesMax must be at least appendBytesMax");
    require(uncommittedBytesMax >= 1, "uncommittedBytesMax must be at least 1");
    require(pendingReadsMax >= 1, "pendingReadsMax must be at least 1");
  }

  /**
   * The usual settings: preVote and checkQuorum on, heartbeat every tick, an election after 10
   * ticks, append messages of 1 MiB, 256 of them or 64 MiB in flight, 256 MiB uncommitted.
   */
  public static RaftConfig defaults(long memberId, RandomSource random) {
    return new RaftConfig(
        memberId, 10, 1, 256, 64L << 20, 1L << 20, 256L << 20, 65_536, true, true, random);
  }

  /** The same with other timings. */
  public RaftConfig withTicks(int electionTimeoutTicks, int heartbeatTicks) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        inflightMessagesMax,
        inflightBytesMax,
        appendBytesMax,
        uncommittedBytesMax,
        pendingReadsMax,
        preVote,
        checkQuorum,
        random);
  }

  private static void require(boolean holds, String complaint) {
    if (!holds) {
      throw new IllegalArgumentException(complaint);
    }
  }
}
