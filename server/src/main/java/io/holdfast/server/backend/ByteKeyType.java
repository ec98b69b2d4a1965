package io.holdfast.server.backend;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Keys of buckets: bytes in unsigned order. */
final class ByteKeyType extends BasicDataType<byte[]> {
  static final ByteKeyType INSTANCE = new ByteKeyType();

  private static final int MEMORY_BYTES = 16;

  @Override
  public int getMemory(byte[] key) {
    return MEMORY_BYTES + key.length;
  }

  @Override
  public int compare(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b);
  }

  @Override
  public void write(WriteBuffer buffer, byte[] key) {
    buffer.putVarInt(key.length).put(key);
  }

  @Override
  public byte[] read(ByteBuffer buffer) {
    return StoredValue.readBytes(buffer, DataUtils.readVarInt(buffer));
  }

  @Override
  public byte[][] createStorage(int size) {
    return new byte[size][];
  }
}
