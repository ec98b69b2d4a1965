package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.server.error.EtcdError;

/**
 * A key that people can name: UTF-8 without the character NUL. What NUL follows in the store's
 * order is free for the key's companion, which keeps the content type; see {@link ContentTypes}.
 */
record KeyName(String text) {
  private static final String COMPANION_SUFFIX = "\0content-type";
  private static final ByteString SUFFIX = ByteString.copyFromUtf8(COMPANION_SUFFIX);

  /**
   * @param raw the rest of the path, still percent-encoded
   */
  static KeyName fromPath(String raw) {
    return of(PercentText.decode(raw, false));
  }

  static KeyName of(String text) {
    if (text.isEmpty()) {
      throw Problem.of(EtcdError.KEY_NOT_PROVIDED, false);
    }
    checkPrefix(text);
    return new KeyName(text);
  }

  /** What every key that begins with it must obey too. */
  static void checkPrefix(String text) {
    if (text.indexOf('\0') >= 0) {
      throw Problem.badRequest("invalid-key", "Keys of this API do not contain the character NUL.");
    }
  }

  ByteString bytes() {
    return ByteString.copyFromUtf8(text);
  }

  ByteString companion() {
    return ByteString.copyFromUtf8(text + COMPANION_SUFFIX);
  }

  /** The exclusive end of the shortest range that begins at the key and holds its companion. */
  ByteString endBehindCompanion() {
    return ByteString.copyFromUtf8(text + COMPANION_SUFFIX + "\0");
  }

  /** What a companion's name has behind its key's. */
  static ByteString companionSuffix() {
    return SUFFIX;
  }

  static boolean isCompanion(ByteString key) {
    return key.endsWith(SUFFIX);
  }

  /** Whether {@code companion} keeps the content type of {@code key}. */
  static boolean isCompanionOf(ByteString companion, ByteString key) {
    return companion.size() == key.size() + COMPANION_SUFFIX.length()
        && companion.startsWith(key)
        && isCompanion(companion);
  }
}
