package io.holdfast.server.raft.simulation.planted;

import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.Role;
import io.holdfast.server.raft.WrongRules;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.simulation.Behaviour;
import io.holdfast.server.raft.simulation.Settings;
import java.util.Optional;

/** Mistakes that implementations of Raft really made; the simulation has to find each. */
enum PlantedBug {
  VOTE_LEAVES_BEFORE_IT_IS_DURABLE(
      new Behaviour() {
        @Override
        public boolean waitsForDisk(Outgoing outgoing) {
          Message message = outgoing.message();
          boolean vote = message instanceof RequestVote || message instanceof RequestVoteResponse;
          return !vote && outgoing.afterPersist();
        }
      }),

  ACKNOWLEDGEMENT_LEAVES_BEFORE_ITS_ENTRIES_ARE_DURABLE(
      new Behaviour() {
        @Override
        public boolean waitsForDisk(Outgoing outgoing) {
          return !(outgoing.message() instanceof AppendEntriesResponse) && outgoing.afterPersist();
        }
      }),

  LEADER_COUNTS_ITSELF_BEFORE_ITS_ENTRIES_ARE_DURABLE(
      new Behaviour() {
        @Override
        public Optional<Input.Persisted> attestEarly(Ready ready) {
          return ready.status().isLeader() ? ready.persisted() : Optional.empty();
        }
      }),

  VOTE_IS_FORGOTTEN_BY_A_RESTART(
      new Behaviour() {
        @Override
        public HardState recover(HardState durable) {
          return new HardState(durable.term(), 0, durable.commit());
        }
      }),

  LEADER_READS_LOCALLY(
      new Behaviour() {
        @Override
        public boolean readsLocally(RaftStatus status) {
          return status.isLeader();
        }
      }),

  OLD_TERMS_ARE_COMMITTED_BY_COUNTING(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.commitOldTermsByCounting(config, restored);
        }
      }),

  READS_ARE_SERVED_BEFORE_THE_FIRST_COMMIT_OF_THE_TERM(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.readBeforeOwnTermCommit(config, restored);
        }
      }),

  READ_CONTEXT_IS_REUSED(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.reuseReadContext(config, restored);
        }
      }),

  CONFLICTING_ENTRIES_ARE_ACKNOWLEDGED_BUT_KEPT(
      new Behaviour() {
        @Override
        public Message leaves(Input input, Message message) {
          boolean refusal =
              message instanceof AppendEntriesResponse response
                  && response.rejected()
                  && input instanceof Input.Receive received
                  && received.message() instanceof AppendEntries append
                  && append.term() == response.term();
          if (!refusal) {
            return message;
          }
          AppendEntries append = (AppendEntries) ((Input.Receive) input).message();
          return new AppendEntriesResponse(
              message.from(), message.to(), message.term(), append.prevLogIndex(), false, 0, 0);
        }
      }),

  STALE_PERSISTED_COUNTS(
      new Behaviour() {
        @Override
        public Input.Persisted attest(Input.Persisted persisted, RaftStatus now, long termNow) {
          return new Input.Persisted(now.term(), persisted.index(), termNow);
        }
      }),

  MEMBER_WITHOUT_ITS_LOG_VOTES(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.voteWithLostLog(config, restored);
        }
      }),

  LOST_LOG_IS_TAKEN_FOR_AN_EMPTY_ONE(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return new RaftCore(
              config,
              new Restored(
                  restored.hardState(),
                  restored.snapshot(),
                  restored.entries(),
                  restored.appliedIndex()));
        }
      }),

  TWO_MEMBERSHIP_CHANGES_AT_ONCE(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.twoChangesAtOnce(config, restored);
        }
      }),

  MEMBERSHIP_CHANGES_BEFORE_THE_FIRST_COMMIT_OF_THE_TERM(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.changeBeforeOwnTermCommit(config, restored);
        }
      }),

  MEMBERSHIP_IS_IN_FORCE_ONLY_WHEN_COMMITTED(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.membershipWhenCommitted(config, restored);
        }
      }),

  MEMBERSHIP_SURVIVES_THE_TRUNCATION_OF_ITS_ENTRY(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.membershipSurvivesTruncation(config, restored);
        }
      }),

  LEARNERS_COUNT_FOR_COMMITS(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.learnersCountForCommits(config, restored);
        }
      }),

  JOINT_COMMIT_BY_ONE_HALF(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.jointCommitByOneHalf(config, restored);
        }
      }),

  JOINT_ELECTION_BY_ONE_HALF(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.jointElectionByOneHalf(config, restored);
        }
      }),

  REMOVED_LEADER_COUNTS_ITSELF(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.removedLeaderCountsItself(config, restored);
        }
      }),

  LEARNER_STANDS_FOR_ELECTION(
      new MembershipStorm() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.everybodyStands(config, restored);
        }
      }),

  VOTE_FOR_A_LOG_THAT_LACKS_COMMITTED_ENTRIES(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.voteForAnyLog(config, restored);
        }
      }),

  DELAYED_APPEND_CUTS_THE_LOG(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.replaceWhatAgrees(config, restored);
        }
      }),

  WHAT_IS_LOGGED_IS_PROPOSED_AGAIN(
      new Behaviour() {
        @Override
        public RaftCore newCore(RaftConfig config, Restored restored) {
          return WrongRules.proposeAgainWhatIsLogged(config, restored);
        }
      }),

  SNAPSHOT_WITHOUT_ITS_MEMBERSHIP(
      new MembershipStorm() {
        @Override
        public ConfState membershipOfSnapshot(ConfState applied, ConfState lastSnapshots) {
          return lastSnapshots;
        }
      }),

  LONE_VOTER_LEADS_BEFORE_ITS_VOTE_IS_DURABLE(
      new MembershipStorm() {
        @Override
        public Optional<Input.Persisted> attestEarly(Ready ready) {
          boolean alone = ready.messages().isEmpty() && ready.entries().isEmpty();
          return ready.status().role() == Role.CANDIDATE && alone
              ? ready.persisted()
              : Optional.empty();
        }
      }),

  HEARTBEAT_COMMITS_WHAT_WAS_NOT_COMPARED(
      new Behaviour() {
        @Override
        public Message arrives(Message message, RaftStatus status) {
          if (!(message instanceof Heartbeat heartbeat)) {
            return message;
          }
          return new Heartbeat(
              heartbeat.from(),
              heartbeat.to(),
              heartbeat.term(),
              status.lastIndex(),
              heartbeat.readContext());
        }
      }),

  FORWARDED_PROPOSAL_IS_TAKEN_TWICE(
      new Behaviour() {
        private long sequence;

        @Override
        public Message arrives(Message message, RaftStatus status) {
          if (!(message instanceof ForwardPropose forwarded)) {
            return message;
          }
          return new ForwardPropose(
              forwarded.from(),
              forwarded.to(),
              forwarded.term(),
              forwarded.incarnation(),
              ++sequence,
              forwarded.commands());
        }
      });

  /** Bugs in what changes with the membership are hunted where it changes most. */
  private static class MembershipStorm extends Behaviour {
    @Override
    public Settings.Weather weather() {
      return Settings.Weather.MEMBERSHIP;
    }
  }

  private final Behaviour behaviour;

  PlantedBug(Behaviour behaviour) {
    this.behaviour = behaviour;
  }

  Behaviour behaviour() {
    return behaviour;
  }
}
