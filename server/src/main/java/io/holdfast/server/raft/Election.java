package io.holdfast.server.raft;

import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestPreVote;
import io.holdfast.server.raft.message.RequestPreVoteResponse;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.message.TimeoutNow;
import io.holdfast.server.raft.quorum.Ballot;
import io.holdfast.server.raft.quorum.VoteResult;
import java.util.HashMap;
import java.util.Map;

/**
 * Terms, votes and roles (paper, 5.2 and 5.4.1; thesis, 9.6 for pre-votes, 6.2 for the quorum
 * check). The only place where a member's role, term or vote changes.
 */
final class Election {
  /** Enough for the others to learn of the leader's end too, who would ignore us before. */
  private static final int TICKS_AFTER_LEADERS_END = 2;

  private static final int TICKS_BETWEEN_RANKS = 2;

  private final Member member;
  private final Replication replication;
  private final LeaderReads leaderReads;
  private final ForwardedReads forwardedReads;
  private final ForwardedProposals forwardedProposals;
  private final Map<Long, Boolean> votes = new HashMap<>();
  private int timeoutTicks;
  private int heartbeatElapsed;

  Election(
      Member member,
      Replication replication,
      LeaderReads leaderReads,
      ForwardedReads forwardedReads,
      ForwardedProposals forwardedProposals) {
    this.member = member;
    this.replication = replication;
    this.leaderReads = leaderReads;
    this.forwardedReads = forwardedReads;
    this.forwardedProposals = forwardedProposals;
    restartTimer();
  }

  void tick() {
    member.electionElapsed++;
    if (member.isLeader()) {
      tickLeader();
      return;
    }
    forwardedReads.tick();
    boolean alone = member.peers.quorum().isOnly(member.id);
    if (member.awaitsOwnVote) {
      return;
    }
    if ((alone || member.electionElapsed >= timeoutTicks) && member.isPromotable()) {
      restartTimer();
      if (member.config.preVote() && !alone) {
        askForPreVotes();
      } else {
        stand(false);
      }
    }
  }

  private void tickLeader() {
    if (member.electionElapsed >= member.config.electionTimeoutTicks()) {
      member.electionElapsed = 0;
      boolean active = member.peers.takeQuorumActive();
      boolean handedOver = member.transferTarget != 0 && replication.hasNoVote();
      member.transferTarget = 0;
      if (handedOver || member.config.checkQuorum() && !active) {
        becomeFollower(member.term, 0);
        return;
      }
    }
    if (++heartbeatElapsed >= member.config.heartbeatTicks()) {
      heartbeatElapsed = 0;
      replication.heartbeat();
    }
  }

  /**
   * Compares a message's term with this member's (paper, 5.1).
   *
   * @return whether the message is to be handled
   */
  boolean admit(Message message) {
    if (message.term() > member.term) {
      return admitNewer(message);
    }
    if (message.term() < member.term) {
      answerOlder(message);
      return false;
    }
    return true;
  }

  private boolean admitNewer(Message message) {
    boolean forced = message instanceof RequestVote request && request.leadershipTransfer();
    boolean asksForVote = message instanceof RequestVote || message instanceof RequestPreVote;
    if (asksForVote && !forced && hearsFromLeader()) {
      return false;
    }
    boolean hypothetical =
        message instanceof RequestPreVote
            || message instanceof RequestPreVoteResponse response && response.granted();
    if (!hypothetical) {
      boolean fromLeader =
          message instanceof AppendEntries
              || message instanceof Heartbeat
              || message instanceof InstallSnapshot;
      becomeFollower(message.term(), fromLeader ? message.from() : 0);
    }
    return true;
  }

  /** Whether candidates are to be ignored, as the leader is alive (thesis, 4.2.3). */
  private boolean hearsFromLeader() {
    return member.config.checkQuorum()
        && member.leaderId != 0
        && member.electionElapsed < member.config.electionTimeoutTicks();
  }

  private void answerOlder(Message message) {
    boolean fromLeader =
        message instanceof AppendEntries
            || message instanceof Heartbeat
            || message instanceof InstallSnapshot;
    if (fromLeader) {
      // We are in a later term, and our own candidacies may be ignored, or a learner has none: tell
      // the leader, so that it steps down and we are not left out for ever (paper, 5.1).
      member.outbox.sendAfterPersist(
          new AppendEntriesResponse(member.id, message.from(), member.term, 0, true, 0, 0));
    } else if (message instanceof RequestPreVote) {
      member.outbox.send(new RequestPreVoteResponse(member.id, message.from(), member.term, false));
    }
  }

  void becomeFollower(long term, long leaderId) {
    boolean led = member.isLeader();
    if (term != member.term) {
      member.term = term;
      member.vote = 0;
    }
    member.role = Role.FOLLOWER;
    member.awaitsOwnVote = false;
    member.transferTarget = 0;
    follow(leaderId);
    restartTimer();
    if (led) {
      leaderReads.abandon();
    }
  }

  private void follow(long leaderId) {
    if (member.leaderId != leaderId) {
      forwardedReads.abandon();
      member.leaderId = leaderId;
    }
  }

  /**
   * The leader's process has ended. Forgetting the leader lets this member grant the candidacies of
   * others, which it would ignore otherwise, and it asks for pre-votes itself soon. Terms and votes
   * are untouched, so nothing that Raft promises depends on the news being true.
   *
   * <p>The others learn the same at about the same time. Voters therefore wait in turn, by their
   * rank among the ids, so that they do not split the vote.
   */
  void onGone(long peerId) {
    if (member.role != Role.FOLLOWER || member.leaderId != peerId) {
      return;
    }
    follow(0);
    int rank = 0;
    for (int i = 0; i < member.peers.count(); i++) {
      long other = member.peers.idAt(i);
      if (other < member.id && other != peerId && member.peers.quorum().contains(other)) {
        rank++;
      }
    }
    int ticks = TICKS_AFTER_LEADERS_END + TICKS_BETWEEN_RANKS * rank;
    timeoutTicks = Math.min(timeoutTicks, member.electionElapsed + ticks);
  }

  /** Gives up leading, having asked another member to stand. */
  void resign() {
    member.resigns = false;
    if (member.isLeader()) {
      becomeFollower(member.term, 0);
    }
  }

  /** A message from the leader of our term came: it is the leader. */
  void hearFromLeader(long leaderId) {
    if (member.isLeader()) {
      throw new RaftInvariantError(
          "election safety",
          "member " + leaderId + " leads in term " + member.term + ", and so does this one");
    }
    if (member.role != Role.FOLLOWER || member.leaderId != leaderId) {
      if (member.leaderId != 0 && member.leaderId != leaderId) {
        throw new RaftInvariantError(
            "election safety",
            "members "
                + member.leaderId
                + " and "
                + leaderId
                + " both lead in term "
                + member.term);
      }
      becomeFollower(member.term, leaderId);
    }
    member.electionElapsed = 0;
  }

  private void askForPreVotes() {
    member.role = Role.PRE_CANDIDATE;
    follow(0);
    votes.clear();
    votes.put(member.id, true);
    long lastIndex = member.log.lastIndex();
    long lastTerm = member.log.lastTerm();
    for (int i = 0; i < member.peers.count(); i++) {
      long to = member.peers.idAt(i);
      if (to != member.id && member.peers.quorum().contains(to)) {
        member.outbox.send(new RequestPreVote(member.id, to, member.term + 1, lastIndex, lastTerm));
      }
    }
  }

  private void stand(boolean leadershipTransfer) {
    member.role = Role.CANDIDATE;
    member.term++;
    member.vote = member.id;
    follow(0);
    votes.clear();
    votes.put(member.id, true);
    if (tally() == VoteResult.WON) {
      // Others' votes come only after this one is durable. Without others it has to be waited for:
      // a crash must not let this member lead twice in one term.
      member.awaitsOwnVote = true;
      return;
    }
    long lastIndex = member.log.lastIndex();
    long lastTerm = member.log.lastTerm();
    for (int i = 0; i < member.peers.count(); i++) {
      long to = member.peers.idAt(i);
      if (to != member.id && member.peers.quorum().contains(to)) {
        member.outbox.sendAfterPersist(
            new RequestVote(member.id, to, member.term, lastIndex, lastTerm, leadershipTransfer));
      }
    }
  }

  /** The term in which this member stands, and its vote for itself, are durable. */
  void onOwnVoteDurable() {
    if (tally() == VoteResult.WON) {
      becomeLeader();
    } else {
      becomeFollower(member.term, 0);
    }
  }

  private void becomeLeader() {
    member.role = Role.LEADER;
    member.awaitsOwnVote = false;
    member.leaderId = member.id;
    member.electionElapsed = 0;
    heartbeatElapsed = 0;
    forwardedProposals.reset(member.term);
    replication.lead();
  }

  void onRequestPreVote(RequestPreVote request) {
    boolean granted =
        request.term() > member.term
            && member.mayVote()
            && member.log.isUpToDate(request.lastLogIndex(), request.lastLogTerm());
    member.outbox.send(
        new RequestPreVoteResponse(
            member.id, request.from(), granted ? request.term() : member.term, granted));
  }

  void onRequestPreVoteResponse(RequestPreVoteResponse response) {
    boolean ours = !response.granted() || response.term() == member.term + 1;
    if (member.role != Role.PRE_CANDIDATE || !ours) {
      return;
    }
    votes.putIfAbsent(response.from(), response.granted());
    switch (tally()) {
      case WON -> {
        restartTimer();
        stand(false);
      }
      case LOST -> becomeFollower(member.term, 0);
      case PENDING -> {}
    }
  }

  void onRequestVote(RequestVote request) {
    boolean free = member.vote == request.from() || member.vote == 0 && member.leaderId == 0;
    boolean granted =
        free
            && member.mayVote()
            && member.rules.mayVoteFor(
                member.log.isUpToDate(request.lastLogIndex(), request.lastLogTerm()));
    if (granted) {
      member.vote = request.from();
      member.electionElapsed = 0;
    }
    member.outbox.sendAfterPersist(
        new RequestVoteResponse(member.id, request.from(), member.term, granted));
  }

  void onRequestVoteResponse(RequestVoteResponse response) {
    if (member.role != Role.CANDIDATE) {
      return;
    }
    votes.putIfAbsent(response.from(), response.granted());
    switch (tally()) {
      case WON -> becomeLeader();
      case LOST -> becomeFollower(member.term, 0);
      case PENDING -> {}
    }
  }

  void onTimeoutNow(TimeoutNow message) {
    if (member.role == Role.FOLLOWER
        && member.leaderId == message.from()
        && member.isPromotable()) {
      restartTimer();
      stand(true);
    }
  }

  private VoteResult tally() {
    return member.rules.tally(
        member.peers,
        id -> {
          Boolean vote = votes.get(id);
          return vote == null ? Ballot.MISSING : vote ? Ballot.YES : Ballot.NO;
        });
  }

  /** Timeouts differ at random, so that votes are seldom split (paper, 5.2). */
  private void restartTimer() {
    int base = member.config.electionTimeoutTicks();
    timeoutTicks = base + member.config.random().nextInt(base);
    member.electionElapsed = 0;
  }
}
