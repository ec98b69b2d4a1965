package io.holdfast.server.mvcc;

/**
 * Told what an answer takes in memory while it is put together. It may throw what the reader is to
 * fail with instead of letting the answer grow.
 */
@FunctionalInterface
public interface ResultMeter {
  /** Lets everything grow. */
  ResultMeter UNLIMITED = bytes -> {};

  /** So many more bytes are held. */
  void add(long bytes);
}
