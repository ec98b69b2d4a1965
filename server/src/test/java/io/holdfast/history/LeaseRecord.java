package io.holdfast.history;

/**
 * The life of one lease, as its holder saw it. Times are nanoseconds of the history's clock.
 *
 * @param leaseId its id
 * @param ttlNanos the time to live that was granted
 * @param renewalsCalledLast when the last successful grant or renewal was called: the lease lives
 *     at least its time to live from there
 * @param renewalsReturnedLast when the last grant or renewal came back or was given up, successful
 *     or not: it may have counted until then
 */
public record LeaseRecord(
    long leaseId, long ttlNanos, long renewalsCalledLast, long renewalsReturnedLast) {}
