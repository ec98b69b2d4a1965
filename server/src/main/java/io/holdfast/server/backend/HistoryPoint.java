package io.holdfast.server.backend;

/**
 * What the history amounted to when a revision was the newest: enough to tell later whether
 * everything up to it is still the same, without reading it. Records that are lost or removed
 * change their number, and others in their place the sum of their checksums.
 *
 * @param revision the newest main revision
 * @param records how many records there were
 * @param checksumSum the sum of their checksums
 * @param bytes what they took, see {@link Backend#logicalBytes}
 */
public record HistoryPoint(long revision, long records, long checksumSum, long bytes) {
  static HistoryPoint of(long revision, Tally tally) {
    return new HistoryPoint(revision, tally.count(), tally.checksumSum(), tally.bytes());
  }

  Tally tally() {
    return Tally.of(records, checksumSum, bytes);
  }
}
