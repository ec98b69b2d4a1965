package io.holdfast.server.backend;

/**
 * Takes one part of the history while it is read through; used by one thread.
 *
 * @param <T> what becomes of the part
 */
public interface PartReader<T> {
  /** The next record, ascending; its checksum has been found good. */
  void add(long main, int sub, byte[] record);

  /** The part is read; still on the thread that read it. */
  T finish();
}
