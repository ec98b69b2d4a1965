package io.holdfast.server.node;

import java.util.concurrent.TimeUnit;

/**
 * The bounds and rhythms of a {@link RaftNode}. Immutable; {@link #defaults} or {@link #toBuilder}.
 *
 * @param tickNanos the length of a Raft tick
 * @param proposalsPendingMax proposals handed in but not yet in the log
 * @param proposalBytesPendingMax their bytes
 * @param proposalBatchBytesMax bytes of commands that go into one step of the core, and so into one
 *     sync
 * @param readsPendingMax linearizable reads that wait for their index
 * @param messagesPendingMax messages of peers that wait for the loop; more are dropped
 * @param applyLagMax entries committed but not applied above which proposals are refused
 * @param commitEntries applied entries after which the state machine commits a version
 * @param commitIntervalNanos time after which it commits whatever was applied
 * @param snapshotEntries applied entries after which the state is made durable and the log cut
 * @param snapshotBytes bytes of applied entries after which the same is done
 * @param snapshotCatchupEntries entries kept in memory behind that point, for slow followers
 * @param readRetryNanos time after which an unanswered read is asked again, with a new id
 * @param readTimeoutNanos time after which a linearizable read is given up
 * @param callersMayRun whether a thread that brings something may run the loop's turn itself when
 *     the loop is at rest
 * @param quickSyncNanos a member of a cluster whose syncs usually take less than this writes a
 *     single entry within the turn that brings it; 0 = never
 * @param nearNanos a peer whose quickest answers take less than this is near: a leader lets entries
 *     gather behind an unanswered message to it; 0 = none is
 */
public record NodeOptions(
    long tickNanos,
    int proposalsPendingMax,
    long proposalBytesPendingMax,
    long proposalBatchBytesMax,
    int readsPendingMax,
    int messagesPendingMax,
    long applyLagMax,
    int commitEntries,
    long commitIntervalNanos,
    long snapshotEntries,
    long snapshotBytes,
    long snapshotCatchupEntries,
    long readRetryNanos,
    long readTimeoutNanos,
    boolean callersMayRun,
    long quickSyncNanos,
    long nearNanos) {

  /** The usual settings: ticks of 100 ms, a recovery point every 10,000 entries or 64 MiB. */
  public static NodeOptions defaults() {
    return new Builder().build();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.tickNanos = tickNanos;
    builder.proposalsPendingMax = proposalsPendingMax;
    builder.proposalBytesPendingMax = proposalBytesPendingMax;
    builder.proposalBatchBytesMax = proposalBatchBytesMax;
    builder.readsPendingMax = readsPendingMax;
    builder.messagesPendingMax = messagesPendingMax;
    builder.applyLagMax = applyLagMax;
    builder.commitEntries = commitEntries;
    builder.commitIntervalNanos = commitIntervalNanos;
    builder.snapshotEntries = snapshotEntries;
    builder.snapshotBytes = snapshotBytes;
    builder.snapshotCatchupEntries = snapshotCatchupEntries;
    builder.readRetryNanos = readRetryNanos;
    builder.readTimeoutNanos = readTimeoutNanos;
    builder.callersMayRun = callersMayRun;
    builder.quickSyncNanos = quickSyncNanos;
    builder.nearNanos = nearNanos;
    return builder;
  }

  /** Collects the settings that somebody wants to be other than usual. */
  public static final class Builder {
    private long tickNanos = TimeUnit.MILLISECONDS.toNanos(100);
    private int proposalsPendingMax = 20_000;
    private long proposalBytesPendingMax = 64L << 20;
    private long proposalBatchBytesMax = 8L << 20;
    private int readsPendingMax = 50_000;
    private int messagesPendingMax = 8_192;
    private long applyLagMax = 5_000;
    private int commitEntries = 1_000;
    private long commitIntervalNanos = TimeUnit.MILLISECONDS.toNanos(100);
    private long snapshotEntries = 10_000;
    private long snapshotBytes = 64L << 20;
    private long snapshotCatchupEntries = 5_000;
    private long readRetryNanos = TimeUnit.SECONDS.toNanos(3);
    private long readTimeoutNanos = TimeUnit.SECONDS.toNanos(7);
    private boolean callersMayRun = true;
    private long quickSyncNanos = TimeUnit.MILLISECONDS.toNanos(2);
    private long nearNanos = TimeUnit.MILLISECONDS.toNanos(4);

    private Builder() {}

    public Builder tickNanos(long nanos) {
      tickNanos = nanos;
      return this;
    }

    public Builder proposalsPendingMax(int proposals) {
      proposalsPendingMax = proposals;
      return this;
    }

    public Builder commitIntervalNanos(long nanos) {
      commitIntervalNanos = nanos;
      return this;
    }

    /** How often there is a recovery point, and how much of the log stays in memory behind it. */
    public Builder snapshots(long everyEntries, long catchupEntries) {
      snapshotEntries = everyEntries;
      snapshotCatchupEntries = catchupEntries;
      return this;
    }

    public Builder snapshotBytes(long bytes) {
      snapshotBytes = bytes;
      return this;
    }

    public Builder readTimeoutNanos(long nanos) {
      readTimeoutNanos = nanos;
      return this;
    }

    public Builder callersMayRun(boolean allowed) {
      callersMayRun = allowed;
      return this;
    }

    public Builder quickSyncNanos(long nanos) {
      quickSyncNanos = nanos;
      return this;
    }

    public Builder nearNanos(long nanos) {
      nearNanos = nanos;
      return this;
    }

    public NodeOptions build() {
      return new NodeOptions(
          tickNanos,
          proposalsPendingMax,
          proposalBytesPendingMax,
          proposalBatchBytesMax,
          readsPendingMax,
          messagesPendingMax,
          applyLagMax,
          commitEntries,
          commitIntervalNanos,
          snapshotEntries,
          snapshotBytes,
          snapshotCatchupEntries,
          readRetryNanos,
          readTimeoutNanos,
          callersMayRun,
          quickSyncNanos,
          nearNanos);
    }
  }
}
