package io.holdfast.server.node;

/**
 * The bounds and rhythms of a {@link RaftNode}.
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
    boolean callersMayRun) {
  private static final long MILLISECOND = 1_000_000;

  /** The usual settings: ticks of 100 ms, a recovery point every 10,000 entries or 64 MiB. */
  public static NodeOptions defaults() {
    return new NodeOptions(
        100 * MILLISECOND,
        20_000,
        64L << 20,
        8L << 20,
        50_000,
        8_192,
        5_000,
        1_000,
        100 * MILLISECOND,
        10_000,
        64L << 20,
        5_000,
        3_000 * MILLISECOND,
        7_000 * MILLISECOND,
        true);
  }

  /** The same with another tick. */
  public NodeOptions withTickNanos(long nanos) {
    return new NodeOptions(
        nanos,
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
        callersMayRun);
  }

  /** The same with other recovery points. */
  public NodeOptions withSnapshots(long everyEntries, long catchupEntries) {
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
        everyEntries,
        snapshotBytes,
        catchupEntries,
        readRetryNanos,
        readTimeoutNanos,
        callersMayRun);
  }

  /** The same with another length of the log between two recovery points. */
  public NodeOptions withSnapshotBytes(long bytes) {
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
        bytes,
        snapshotCatchupEntries,
        readRetryNanos,
        readTimeoutNanos,
        callersMayRun);
  }

  /** The same with another bound for the age of what the store has not committed. */
  public NodeOptions withCommitIntervalNanos(long nanos) {
    return new NodeOptions(
        tickNanos,
        proposalsPendingMax,
        proposalBytesPendingMax,
        proposalBatchBytesMax,
        readsPendingMax,
        messagesPendingMax,
        applyLagMax,
        commitEntries,
        nanos,
        snapshotEntries,
        snapshotBytes,
        snapshotCatchupEntries,
        readRetryNanos,
        readTimeoutNanos,
        callersMayRun);
  }

  /** The same with another time-out of reads. */
  public NodeOptions withReadTimeoutNanos(long nanos) {
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
        nanos,
        callersMayRun);
  }

  /** The same with every turn on the loop's own thread, or not. */
  public NodeOptions withCallersMayRun(boolean allowed) {
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
        allowed);
  }
}
