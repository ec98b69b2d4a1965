package io.holdfast.server.backend;

import java.nio.ByteBuffer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Key of the revision map. */
record RevisionKey(long main, int sub) {
  /** Length of its big-endian form in snapshots and checksums. */
  static final int BYTES = Long.BYTES + Integer.BYTES;

  byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    Checksums.writeRevision(bytes, main, sub);
    return bytes;
  }

  static RevisionKey fromBytes(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "a revision has " + BYTES + " bytes, this key has " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new RevisionKey(buffer.getLong(), buffer.getInt());
  }

  /**
   * On a page, revisions stand as distances from the one before: appended in order, most take two
   * bytes.
   */
  static final class Type extends BasicDataType<RevisionKey> {
    static final Type INSTANCE = new Type();

    private static final int MEMORY_BYTES = 24;

    @Override
    public int getMemory(RevisionKey key) {
      return MEMORY_BYTES;
    }

    @Override
    public int compare(RevisionKey a, RevisionKey b) {
      int byMain = Long.compare(a.main, b.main);
      return byMain != 0 ? byMain : Integer.compare(a.sub, b.sub);
    }

    @Override
    public void write(WriteBuffer buffer, RevisionKey key) {
      buffer.putVarLong(key.main).putVarInt(key.sub);
    }

    @Override
    public void write(WriteBuffer buffer, Object storage, int length) {
      RevisionKey[] keys = cast(storage);
      long before = 0;
      for (int i = 0; i < length; i++) {
        buffer.putVarLong(keys[i].main - before).putVarInt(keys[i].sub);
        before = keys[i].main;
      }
    }

    @Override
    public RevisionKey read(ByteBuffer buffer) {
      return new RevisionKey(DataUtils.readVarLong(buffer), DataUtils.readVarInt(buffer));
    }

    @Override
    public void read(ByteBuffer buffer, Object storage, int length) {
      RevisionKey[] keys = cast(storage);
      long before = 0;
      for (int i = 0; i < length; i++) {
        before += DataUtils.readVarLong(buffer);
        keys[i] = new RevisionKey(before, DataUtils.readVarInt(buffer));
      }
    }

    @Override
    public RevisionKey[] createStorage(int size) {
      return new RevisionKey[size];
    }
  }
}
