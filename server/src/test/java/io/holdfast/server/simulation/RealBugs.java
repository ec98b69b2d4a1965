package io.holdfast.server.simulation;

import java.util.HashMap;
import java.util.Map;

/** What each planted bug is modelled on: what a real store did, or the rule that it breaks. */
final class RealBugs {
  private static final Map<String, String> MODELS = new HashMap<>();

  static {
    // The core.
    put("VOTE_LEAVES_BEFORE_IT_IS_DURABLE", "unpersisted vote: Raft paper, figure 2");
    put("VOTE_IS_FORGOTTEN_BY_A_RESTART", "unpersisted vote: Raft paper, figure 2");
    put("LONE_VOTER_LEADS_BEFORE_ITS_VOTE_IS_DURABLE", "unpersisted vote of a single voter");
    put(
        "ACKNOWLEDGEMENT_LEAVES_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "missing fsync before an answer: Raft paper, figure 2");
    put(
        "LEADER_COUNTS_ITSELF_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "etcd #14370: a lone member can lose a write");
    put("LEADER_READS_LOCALLY", "stale reads of a deposed leader: Raft thesis, 6.4");
    put("OLD_TERMS_ARE_COMMITTED_BY_COUNTING", "Raft paper, figure 8");
    put("READS_ARE_SERVED_BEFORE_THE_FIRST_COMMIT_OF_THE_TERM", "Raft thesis, 6.4, step 1");
    put("READ_CONTEXT_IS_REUSED", "etcd #20418: stale reads after a pause");
    put("CONFLICTING_ENTRIES_ARE_ACKNOWLEDGED_BUT_KEPT", "Raft paper, 5.3");
    put("STALE_PERSISTED_COUNTS", "the ABA problem of asynchronous log writes in etcd's raft");
    put("MEMBER_WITHOUT_ITS_LOG_VOTES", "damaged logs: protocol-aware recovery (FAST 2018)");
    put("LOST_LOG_IS_TAKEN_FOR_AN_EMPTY_ONE", "damaged logs: protocol-aware recovery (FAST 2018)");
    put("TWO_MEMBERSHIP_CHANGES_AT_ONCE", "Raft thesis, 4.1");
    put(
        "MEMBERSHIP_CHANGES_BEFORE_THE_FIRST_COMMIT_OF_THE_TERM",
        "the bug of single-server changes in the Raft thesis, announced in 2015");
    put("MEMBERSHIP_IS_IN_FORCE_ONLY_WHEN_COMMITTED", "Raft thesis, 4.1");
    put("MEMBERSHIP_SURVIVES_THE_TRUNCATION_OF_ITS_ENTRY", "Raft thesis, 4.1");
    put("LEARNERS_COUNT_FOR_COMMITS", "Raft thesis, 4.2.1");
    put("LEARNER_STANDS_FOR_ELECTION", "Raft thesis, 4.2.1");
    put("JOINT_COMMIT_BY_ONE_HALF", "Raft paper, 6");
    put("JOINT_ELECTION_BY_ONE_HALF", "Raft paper, 6");
    put("REMOVED_LEADER_COUNTS_ITSELF", "Raft thesis, 4.2.2");
    put("VOTE_FOR_A_LOG_THAT_LACKS_COMMITTED_ENTRIES", "Raft paper, 5.4.1");
    put("DELAYED_APPEND_CUTS_THE_LOG", "Raft paper, figure 2, AppendEntries, rule 3");
    put("SNAPSHOT_WITHOUT_ITS_MEMBERSHIP", "Raft paper, 7");
    put("HEARTBEAT_COMMITS_WHAT_WAS_NOT_COMPARED", "Raft paper, figure 2, AppendEntries, rule 5");
    put("FORWARDED_PROPOSAL_IS_TAKEN_TWICE", "a message repeated, a command executed twice");
    put("WHAT_IS_LOGGED_IS_PROPOSED_AGAIN", "a retry of what was done, a command executed twice");
    // Whole servers.
    put("LOG_NOT_SYNCED", "missing fsync of the log");
    put("STORE_NOT_SYNCED", "log cut behind a store that was not synced");
    put("DIRECTORY_NOT_SYNCED", "missing fsync of a directory (Pillai and others, OSDI 2014)");
    put("ACKNOWLEDGED_BEFORE_SYNC", "etcd #14370: a lone member can lose a write");
    put("FAILED_SYNC_IGNORED", "PostgreSQL's fsync errors of 2018");
    put("LEASES_BY_WALL_CLOCK", "early end of a lease when the date jumps");
    put("WATCH_RESUMED_LATE", "etcd #15220 and #19179: events that a watch never shows");
    put("WATCH_RESUMED_EARLY", "etcd #15271: a watch that goes back in time");
    put("READ_WITHOUT_QUORUM", "stale reads of etcd 0.4 and Consul (Jepsen, 2014)");
    put("SENT_TWICE", "jetcd's repeated writes (Jepsen, 2024)");
    put("LOST_DISK_STARTED_AGAIN", "a member restarted with an empty disk under its old name");
    put("APPLIED_INDEX_BESIDE_THE_DATA", "etcd #13766: applied index stored before its data");
    put("SNAPSHOT_OVER_THE_LIVE_STORE", "a snapshot installed over the store in use");
    put("LOCK_WITHOUT_A_LAST_LOOK", "locks of etcd 3.4 (Jepsen, 2020)");
  }

  private RealBugs() {}

  private static void put(String bug, String model) {
    MODELS.put(bug, model);
  }

  /** What a planted bug is modelled on; each has a model. */
  static String of(String bug) {
    String model = MODELS.get(bug);
    if (model == null) {
      throw new IllegalArgumentException("nobody says what " + bug + " is modelled on");
    }
    return model;
  }
}
