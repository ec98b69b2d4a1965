package io.holdfast.server.raft.progress;

/**
 * A leader's view of one member (Raft paper, figure 2, nextIndex and matchIndex), and how fast it
 * may send there. Always {@code matchIndex < nextIndex}.
 */
public final class Progress {
  private final InflightWindow inflight;
  private PeerState state = PeerState.PROBE;
  private long matchIndex;
  private long nextIndex;
  private long pendingSnapshotIndex;
  private long readContextAcked;
  private long commitSent;
  private boolean probeSent;
  private boolean active;
  private boolean activeBefore;
  private boolean silent;
  private boolean near;

  public Progress(int inflightMessagesMax, long inflightBytesMax) {
    this.inflight = new InflightWindow(inflightMessagesMax, inflightBytesMax);
  }

  /** Forgets everything: a new leader knows nothing but where its own log ends. */
  public void reset(long nextIndex) {
    this.matchIndex = 0;
    this.nextIndex = nextIndex;
    this.readContextAcked = 0;
    this.commitSent = 0;
    this.active = false;
    this.activeBefore = false;
    this.near = false;
    enter(PeerState.PROBE);
  }

  public PeerState state() {
    return state;
  }

  /** The highest index known to be in the member's log, durably, equal to ours. */
  public long matchIndex() {
    return matchIndex;
  }

  /** The index of the entry to send next. */
  public long nextIndex() {
    return nextIndex;
  }

  /** While in SNAPSHOT, the index of the snapshot sent. */
  public long pendingSnapshotIndex() {
    return pendingSnapshotIndex;
  }

  /** Append messages not yet answered. */
  public int inflightMessages() {
    return inflight.count();
  }

  /** Entry bytes not yet answered. */
  public long inflightBytes() {
    return inflight.bytes();
  }

  /** Whether the member was heard of since the last check of the quorum. */
  public boolean isActive() {
    return active;
  }

  public void setActive(boolean active) {
    this.active = active;
  }

  /** Starts to count anew who is heard of. */
  void beginActivityCheck() {
    activeBefore = active;
    active = false;
  }

  /** Whether the member was heard of since the check before the last one. */
  public boolean isRecentlyActive() {
    return active || activeBefore;
  }

  /** The newest round of reads this member has confirmed. */
  public long readContextAcked() {
    return readContextAcked;
  }

  public void ackReadContext(long context) {
    readContextAcked = Math.max(readContextAcked, context);
  }

  /** A heartbeat interval begins: if nothing is acknowledged in it, something may be lost. */
  public void beginInterval() {
    silent = true;
  }

  /** Whether nothing was acknowledged since the interval began; true at most once in each. */
  public boolean takeSilent() {
    boolean was = silent;
    silent = false;
    return was;
  }

  /** Whether entries gather until all that was sent is answered, because that takes no time. */
  public void setNear(boolean near) {
    this.near = near;
  }

  /** Whether nothing may be sent now. */
  public boolean isPaused() {
    return switch (state) {
      case PROBE -> probeSent;
      case REPLICATE -> isWindowFull();
      case SNAPSHOT -> true;
    };
  }

  /** Whether entries must wait, though an empty message may go. */
  public boolean isWindowFull() {
    return state == PeerState.REPLICATE && (near ? inflight.count() > 0 : inflight.isFull());
  }

  /** Whether the member has answered everything and was not told of this commit index. */
  public boolean waitsForCommit(long commitIndex) {
    return state == PeerState.REPLICATE && inflight.count() == 0 && commitSent < commitIndex;
  }

  /** Records that entries were sent (none: a message of prevLogIndex and commit index alone). */
  public void sent(int entryCount, long sizeBytes, long commitIndex) {
    commitSent = commitIndex;
    if (state == PeerState.REPLICATE) {
      if (entryCount > 0) {
        nextIndex += entryCount;
        inflight.add(nextIndex - 1, sizeBytes);
      }
    } else {
      probeSent = true;
    }
  }

  /** Lets one more probe go: the member is there, the last one may be lost. */
  public void allowProbe() {
    probeSent = false;
  }

  /** Lets no probe go before the member is heard of. */
  public void holdProbe() {
    probeSent = true;
  }

  /**
   * The member's log equals ours up to {@code index}.
   *
   * @return whether that was news
   */
  public boolean acknowledge(long index) {
    boolean news = index > matchIndex;
    if (news) {
      matchIndex = index;
      probeSent = false;
      silent = false;
    }
    nextIndex = Math.max(nextIndex, index + 1);
    if (state == PeerState.REPLICATE) {
      inflight.freeTo(index);
    }
    return news;
  }

  /**
   * The member refused entries behind {@code rejectedIndex}.
   *
   * @param hintIndex the highest index at which the logs may agree
   * @return false when this answers a message that has been overtaken and nothing follows from it
   */
  public boolean stepBack(long rejectedIndex, long hintIndex) {
    if (state == PeerState.REPLICATE) {
      if (rejectedIndex <= matchIndex) {
        return false;
      }
      nextIndex = matchIndex + 1;
      enter(PeerState.PROBE);
      return true;
    }
    if (nextIndex - 1 != rejectedIndex) {
      return false;
    }
    nextIndex = Math.max(Math.min(rejectedIndex, hintIndex + 1), matchIndex + 1);
    probeSent = false;
    return true;
  }

  /** Sends one message at a time from the first entry the member may lack. */
  public void becomeProbe() {
    long base = state == PeerState.SNAPSHOT ? pendingSnapshotIndex : 0;
    nextIndex = Math.max(matchIndex, base) + 1;
    enter(PeerState.PROBE);
  }

  /** As {@link #becomeProbe}, after a snapshot that did not arrive. */
  public void snapshotFailed() {
    pendingSnapshotIndex = 0;
    becomeProbe();
  }

  /** Sends without waiting, as the logs agree up to {@code matchIndex}. */
  public void becomeReplicate() {
    nextIndex = matchIndex + 1;
    enter(PeerState.REPLICATE);
  }

  /** Waits for a snapshot to arrive. */
  public void becomeSnapshot(long snapshotIndex) {
    enter(PeerState.SNAPSHOT);
    pendingSnapshotIndex = snapshotIndex;
  }

  private void enter(PeerState next) {
    state = next;
    pendingSnapshotIndex = 0;
    probeSent = false;
    inflight.clear();
  }

  @Override
  public String toString() {
    return state
        + " match="
        + matchIndex
        + " next="
        + nextIndex
        + (state == PeerState.SNAPSHOT ? " snapshot=" + pendingSnapshotIndex : "")
        + (isPaused() ? " paused" : "")
        + " inflight="
        + inflight.count();
  }
}
