package io.holdfast.server.backend;

import java.util.zip.CRC32C;

/**
 * The CRC32C that every stored record carries: over its bucket's name, its key and its value, so
 * that neither a flipped bit nor a record that turns up under another key goes unseen.
 */
final class Checksums {
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private Checksums() {}

  static int of(byte[] bucketName, byte[] key, byte[] value) {
    CRC32C crc = SCRATCH.get().crc;
    crc.reset();
    crc.update(bucketName, 0, bucketName.length);
    crc.update(key, 0, key.length);
    crc.update(value, 0, value.length);
    return (int) crc.getValue();
  }

  static int of(long main, int sub, byte[] record) {
    Scratch scratch = SCRATCH.get();
    byte[] key = scratch.revision;
    writeRevision(key, main, sub);
    CRC32C crc = scratch.crc;
    crc.reset();
    crc.update(key, 0, key.length);
    crc.update(record, 0, record.length);
    return (int) crc.getValue();
  }

  /** Big-endian, so that byte order is revision order. */
  static void writeRevision(byte[] target, long main, int sub) {
    for (int i = 0; i < Long.BYTES; i++) {
      target[i] = (byte) (main >>> (56 - 8 * i));
    }
    for (int i = 0; i < Integer.BYTES; i++) {
      target[Long.BYTES + i] = (byte) (sub >>> (24 - 8 * i));
    }
  }

  /** A short name for a key in messages: keys may be private, their hash is not. */
  static String keyHash(byte[] key) {
    CRC32C crc = new CRC32C();
    crc.update(key, 0, key.length);
    return String.format("%08x", crc.getValue());
  }

  private static final class Scratch {
    private final CRC32C crc = new CRC32C();
    private final byte[] revision = new byte[RevisionKey.BYTES];
  }
}
