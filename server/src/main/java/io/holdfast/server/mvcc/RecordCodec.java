package io.holdfast.server.mvcc;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The form of a key's version in the revision map; the revision itself is the map's key.
 *
 * <pre>
 *   1 byte   layout (1) in the high half; flags: 1 tombstone, 2 has a lease
 *   varint   modRevision - createRevision   (not in a tombstone)
 *   varint   version                        (not in a tombstone)
 *   8 bytes  lease id                       (if flagged)
 *   varint   length of the key
 *   bytes    key, then value up to the end
 * </pre>
 *
 * The backend adds the checksum. A cursor over one record; not thread-safe, reusable.
 */
final class RecordCodec {
  private static final int LAYOUT = 1 << 4;
  private static final int LAYOUT_MASK = 0xf0;
  private static final int TOMBSTONE = 1;
  private static final int LEASED = 2;
  private static final int VARLONG_BYTES_MAX = 10;

  private byte[] record;
  private int at;
  private long createRevision;
  private long version;
  private long leaseId;
  private int keyStart;
  private int keyLength;

  static byte[] encodePut(
      byte[] key, long modRevision, long createRevision, long version, long leaseId, byte[] value) {
    long age = modRevision - createRevision;
    int size =
        1
            + varLongSize(age)
            + varLongSize(version)
            + (leaseId == 0 ? 0 : Long.BYTES)
            + varLongSize(key.length)
            + key.length
            + value.length;
    byte[] record = new byte[size];
    record[0] = (byte) (leaseId == 0 ? LAYOUT : LAYOUT | LEASED);
    int position = putVarLong(record, 1, age);
    position = putVarLong(record, position, version);
    if (leaseId != 0) {
      for (int i = 0; i < Long.BYTES; i++) {
        record[position++] = (byte) (leaseId >>> (56 - 8 * i));
      }
    }
    position = putVarLong(record, position, key.length);
    System.arraycopy(key, 0, record, position, key.length);
    System.arraycopy(value, 0, record, position + key.length, value.length);
    return record;
  }

  static byte[] encodeTombstone(byte[] key) {
    byte[] record = new byte[1 + varLongSize(key.length) + key.length];
    record[0] = LAYOUT | TOMBSTONE;
    int position = putVarLong(record, 1, key.length);
    System.arraycopy(key, 0, record, position, key.length);
    return record;
  }

  /**
   * Looks at a record whose checksum has been found good.
   *
   * @throws IllegalArgumentException when it is not of a known layout
   */
  RecordCodec read(long modRevision, byte[] bytes) {
    record = bytes;
    if (bytes.length == 0 || (bytes[0] & LAYOUT_MASK) != LAYOUT) {
      throw new IllegalArgumentException(
          "revision " + modRevision + " has a record of an unknown layout");
    }
    int flags = bytes[0];
    at = 1;
    createRevision = 0;
    version = 0;
    leaseId = 0;
    if ((flags & TOMBSTONE) == 0) {
      createRevision = modRevision - readVarLong();
      version = readVarLong();
      if ((flags & LEASED) != 0) {
        leaseId = ByteBuffer.wrap(bytes, at, Long.BYTES).getLong();
        at += Long.BYTES;
      }
    }
    keyLength = (int) readVarLong();
    keyStart = at;
    return this;
  }

  boolean isTombstone() {
    return version == 0;
  }

  long createRevision() {
    return createRevision;
  }

  long version() {
    return version;
  }

  long leaseId() {
    return leaseId;
  }

  byte[] key() {
    return Arrays.copyOfRange(record, keyStart, keyStart + keyLength);
  }

  boolean hasKey(byte[] key) {
    return Arrays.equals(record, keyStart, keyStart + keyLength, key, 0, key.length);
  }

  boolean hasKeyIn(KeyRange range) {
    byte[] start = range.start();
    int end = keyStart + keyLength;
    if (range.isSingle()) {
      return Arrays.equals(record, keyStart, end, start, 0, start.length);
    }
    byte[] rangeEnd = range.endOrNull();
    return Arrays.compareUnsigned(record, keyStart, end, start, 0, start.length) >= 0
        && (rangeEnd == null
            || Arrays.compareUnsigned(record, keyStart, end, rangeEnd, 0, rangeEnd.length) < 0);
  }

  int valueLength() {
    return record.length - keyStart - keyLength;
  }

  byte[] value() {
    return valueLength() == 0
        ? KeyValue.NO_VALUE
        : Arrays.copyOfRange(record, keyStart + keyLength, record.length);
  }

  KeyValue toKeyValue(long modRevision) {
    return new KeyValue(key(), createRevision, modRevision, version, value(), leaseId);
  }

  /**
   * Adds the record's meaning to a hash: the same on every member, whatever layout each has it in.
   */
  void hashInto(CRC32C crc, ByteBuffer scratch, long main, int sub) {
    scratch
        .clear()
        .putLong(main)
        .putInt(sub)
        .putLong(createRevision)
        .putLong(version)
        .putLong(leaseId)
        .putInt(keyLength)
        .putInt(valueLength());
    crc.update(scratch.flip());
    crc.update(record, keyStart, record.length - keyStart);
  }

  private long readVarLong() {
    long result = 0;
    for (int shift = 0; shift < VARLONG_BYTES_MAX * 7; shift += 7) {
      byte next = record[at++];
      result |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        break;
      }
    }
    return result;
  }

  private static int putVarLong(byte[] target, int position, long value) {
    int at = position;
    long left = value;
    while ((left & ~0x7fL) != 0) {
      target[at++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    target[at++] = (byte) left;
    return at;
  }

  private static int varLongSize(long value) {
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }
}
