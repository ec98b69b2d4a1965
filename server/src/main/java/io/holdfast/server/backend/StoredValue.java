package io.holdfast.server.backend;

import java.nio.ByteBuffer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** A value with the checksum it was stored under; MVStore itself checks no content. */
record StoredValue(byte[] bytes, int checksum) {

  /** Plain bytes: nothing is ever deserialised into an object the file names. */
  static final class Type extends BasicDataType<StoredValue> {
    static final Type INSTANCE = new Type();

    private static final int MEMORY_BYTES = 24 + 16;

    @Override
    public int getMemory(StoredValue value) {
      return MEMORY_BYTES + value.bytes.length;
    }

    @Override
    public void write(WriteBuffer buffer, StoredValue value) {
      buffer.putVarInt(value.bytes.length).putInt(value.checksum).put(value.bytes);
    }

    @Override
    public StoredValue read(ByteBuffer buffer) {
      int length = DataUtils.readVarInt(buffer);
      int checksum = buffer.getInt();
      return new StoredValue(readBytes(buffer, length), checksum);
    }

    @Override
    public StoredValue[] createStorage(int size) {
      return new StoredValue[size];
    }
  }

  /** Refuses a damaged length before memory is given to it. */
  static byte[] readBytes(ByteBuffer buffer, int length) {
    if (length < 0 || length > buffer.remaining()) {
      throw new MVStoreException(
          DataUtils.ERROR_FILE_CORRUPT, "a length of " + length + " does not fit its page");
    }
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    return bytes;
  }
}
