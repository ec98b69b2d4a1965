package io.holdfast.server.snapshot;

import io.holdfast.server.node.HeldPrefix;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** Digests of the beginnings of a stream at regular distances, and of all of it. */
final class PrefixDigest {
  private static final int SPACING_BYTES = HeldPrefix.SPACING_BYTES_MAX / 2;

  private final MessageDigest digest = sha256();
  private final List<HeldPrefix> prefixes = new ArrayList<>();
  private long bytes;

  void update(byte[] data, int offset, int length) {
    int from = offset;
    int left = length;
    while (left > 0) {
      int step = (int) Math.min(left, SPACING_BYTES - bytes % SPACING_BYTES);
      digest.update(data, from, step);
      bytes += step;
      from += step;
      left -= step;
      if (bytes % SPACING_BYTES == 0) {
        prefixes.add(current());
      }
    }
  }

  /** All prefixes, the whole included, shortest first. */
  List<HeldPrefix> prefixes() {
    List<HeldPrefix> all = new ArrayList<>(prefixes);
    if (bytes % SPACING_BYTES != 0) {
      all.add(current());
    }
    return List.copyOf(all);
  }

  private HeldPrefix current() {
    try {
      return new HeldPrefix(bytes, ((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's SHA-256 can be cloned", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
