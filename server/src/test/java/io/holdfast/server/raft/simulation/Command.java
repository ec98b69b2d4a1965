package io.holdfast.server.raft.simulation;

import java.nio.ByteBuffer;

/**
 * A write to one register, optionally only if the register holds an expected value.
 *
 * @param operationId also the value written
 */
record Command(long operationId, int key, boolean compares, long expected) {
  byte[] encode() {
    return ByteBuffer.allocate(21)
        .putLong(operationId)
        .putInt(key)
        .put((byte) (compares ? 1 : 0))
        .putLong(expected)
        .array();
  }

  static Command decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Command(buffer.getLong(), buffer.getInt(), buffer.get() == 1, buffer.getLong());
  }
}
