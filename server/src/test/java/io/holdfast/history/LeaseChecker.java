package io.holdfast.history;

/** No lease ends early, and none lives long after its time once the cluster is well. */
public final class LeaseChecker {
  private LeaseChecker() {}

  /**
   * The lease ended by itself at some moment: not before its time.
   *
   * @param endedNanos when its end first showed anywhere
   * @param driftPerMille how much faster than the history's clock a member's clock may go
   */
  public static void endedNotEarly(LeaseRecord lease, long endedNanos, int driftPerMille) {
    long shortest = lease.ttlNanos() - lease.ttlNanos() / 1000 * driftPerMille;
    HistoryViolation.require(
        endedNanos - lease.renewalsCalledLast() >= shortest,
        "no lease ends early",
        lease + " ended " + (endedNanos - lease.renewalsCalledLast()) + " ns after its renewal");
  }

  /**
   * The lease was still there at some moment, nobody renewing it: it must not be overdue.
   *
   * @param healthySinceNanos when the last leader was elected, all members up and connected since
   * @param graceNanos how much later than its time it may end: two election timeouts and 1 s
   */
  public static void notOverdue(
      LeaseRecord lease,
      long stillThereNanos,
      long healthySinceNanos,
      long graceNanos,
      int driftPerMille) {
    long from = Math.max(lease.renewalsReturnedLast(), healthySinceNanos);
    long longest = lease.ttlNanos() + lease.ttlNanos() / 1000 * driftPerMille + graceNanos;
    HistoryViolation.require(
        stillThereNanos - from <= longest,
        "no lease outlives its time",
        lease + " was still there " + (stillThereNanos - from) + " ns after its last renewal");
  }
}
