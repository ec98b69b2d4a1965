package io.holdfast.server.backup;

import java.util.Map;
import java.util.TreeMap;

/**
 * Where a backup comes from.
 *
 * @param product the release that wrote it
 * @param clusterId the cluster whose state it is; unsigned
 * @param memberId the member that was asked; unsigned
 * @param createdAtMillis milliseconds since 1970, by that member's clock
 */
public record BackupAbout(String product, long clusterId, long memberId, long createdAtMillis) {
  private static final String PRODUCT = "product";
  private static final String MEMBER = "member";
  private static final String CREATED = "created";
  private static final int HEXADECIMAL = 16;

  /** As texts under fixed names; the cluster stands in the header already. */
  Map<String, String> toTexts() {
    Map<String, String> texts = new TreeMap<>();
    texts.put(PRODUCT, product);
    texts.put(MEMBER, Long.toHexString(memberId));
    texts.put(CREATED, Long.toString(createdAtMillis));
    return texts;
  }

  /** Names that are missing or unknown do not matter: later releases may tell other things. */
  static BackupAbout of(long clusterId, Map<String, String> texts) {
    return new BackupAbout(
        texts.getOrDefault(PRODUCT, "unknown"),
        clusterId,
        parsed(texts.get(MEMBER), HEXADECIMAL),
        parsed(texts.get(CREATED), 10));
  }

  private static long parsed(String text, int radix) {
    try {
      return text == null ? 0 : Long.parseUnsignedLong(text, radix);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
