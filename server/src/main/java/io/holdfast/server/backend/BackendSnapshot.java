package io.holdfast.server.backend;

import java.util.Iterator;

/**
 * All buckets as of one commit, readable while writes go on. Close it soon: it holds file space.
 */
public interface BackendSnapshot extends AutoCloseable, Iterable<StoredRecord> {
  /** The log index the records reflect. */
  long appliedIndex();

  /** The term of the entry at {@link #appliedIndex()}. */
  long appliedTerm();

  /**
   * Streams every record, bucket by bucket, keys ascending.
   *
   * @throws CorruptRecordException from the iterator, when a record fails its checksum
   */
  @Override
  Iterator<StoredRecord> iterator();

  @Override
  void close();
}
