package io.holdfast.server.backend;

/** The history: (main revision, sub revision) to a record, appended in order. */
public interface RevisionMap {
  /** The bucket name its records carry in a snapshot. */
  String NAME = "revisions";

  /** Takes the record over; revisions must ascend. Writing thread only. */
  void append(long main, int sub, byte[] record);

  /**
   * The record, null when there is none: the hot path makes no wrapper. Any thread.
   *
   * @throws CorruptRecordException when the record fails its checksum
   */
  byte[] get(long main, int sub);

  /** Writing thread only. */
  void remove(long main, int sub);

  long size();

  /** Visits records from a revision on, ascending, until the visitor says stop. Any thread. */
  void scan(long fromMain, int fromSub, RevisionVisitor visitor);

  /** Sees one record of a scan. */
  @FunctionalInterface
  interface RevisionVisitor {
    /**
     * @return whether to go on
     */
    boolean visit(long main, int sub, byte[] record);
  }
}
