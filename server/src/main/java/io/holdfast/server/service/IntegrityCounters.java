package io.holdfast.server.service;

/**
 * What a member has found out about its data. Totals count from the member's start.
 *
 * @param damageFoundTotal how often something read was not what was written
 * @param comparisonsTotal rounds in which this member, as leader, compared all members' hashes
 * @param incompleteComparisonsTotal those in which a member could not be compared
 * @param mismatchesTotal members found to differ
 * @param scrubbedBytesTotal bytes read again and verified
 * @param scrubPassesTotal passes over all files completed
 * @param scrubProgress how much of the current pass is done, 0 to 1
 * @param repairing whether this member's log was lost and is not whole again
 */
public record IntegrityCounters(
    long damageFoundTotal,
    long comparisonsTotal,
    long incompleteComparisonsTotal,
    long mismatchesTotal,
    long scrubbedBytesTotal,
    long scrubPassesTotal,
    double scrubProgress,
    boolean repairing) {
  /** Nothing was looked at yet. */
  public static final IntegrityCounters NONE = new IntegrityCounters(0, 0, 0, 0, 0, 0, 0, false);
}
