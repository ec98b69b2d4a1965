package io.holdfast.server.node;

import java.io.IOException;

/** Takes the records of a snapshot one by one. */
@FunctionalInterface
public interface SnapshotRecordConsumer {
  /**
   * @param kind which bucket of the state the record belongs to; the state machine's own numbering
   * @param key the record's key; not kept or changed by the consumer after it returns
   * @param value the record's value; not kept or changed by the consumer after it returns
   */
  void accept(int kind, byte[] key, byte[] value) throws IOException;
}
