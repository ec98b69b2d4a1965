package io.holdfast.server.backup;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The numbers of the format. */
final class BackupFormat {
  /** Facts about the backup itself: name and text. No bucket of the state has this kind. */
  static final int KIND_OF_FACTS = Integer.MAX_VALUE;

  static final int BLOCK_BYTES = 512;
  static final int DIGEST_BYTES = 32;

  private BackupFormat() {}

  /** Zeros that make a stream end with a block. */
  static int paddingBytes(long streamBytes) {
    return (int) ((BLOCK_BYTES - streamBytes % BLOCK_BYTES) % BLOCK_BYTES);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
