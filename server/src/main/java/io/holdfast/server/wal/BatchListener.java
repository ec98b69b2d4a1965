package io.holdfast.server.wal;

/** Is told of the batches that are written. On the writing thread; must be short. */
public interface BatchListener {
  /** Nobody is told. */
  BatchListener NOBODY = new BatchListener() {};

  /** A write begins. */
  default void writing() {}

  /** The write that began last is done, though not durable yet. */
  default void written(int bytes) {}
}
