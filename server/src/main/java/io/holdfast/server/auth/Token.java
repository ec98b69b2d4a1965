package io.holdfast.server.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/**
 * What a client shows to be recognized: a secret, a dot, and the index of the log entry that signed
 * it in. The form is etcd's. Only digests of the secret are kept and logged.
 *
 * @param index a member that has not applied this entry yet cannot know the token
 */
public record Token(String secret, long index) {
  /** The longest text that is looked at. */
  private static final int CHARACTERS_MAX = 64;

  /** The token that a client's text is; empty when it cannot be one. */
  public static Optional<Token> parse(String text) {
    int dot = text.lastIndexOf('.');
    if (dot <= 0 || text.length() > CHARACTERS_MAX) {
      return Optional.empty();
    }
    try {
      long index = Long.parseLong(text.substring(dot + 1));
      return index < 0 ? Optional.empty() : Optional.of(new Token(text.substring(0, dot), index));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** What the client is told. */
  public String text() {
    return secret + "." + index;
  }

  /** By which the {@link TokenBook} knows it. */
  public byte[] key() {
    return key(digest(secret), index);
  }

  /** The key of a token whose secret is not known here. */
  public static byte[] key(byte[] digest, long index) {
    return ByteBuffer.allocate(digest.length + Long.BYTES).put(digest).putLong(index).array();
  }

  /** SHA-256: a secret of 91 random bits cannot be guessed from it. */
  public static byte[] digest(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "token of entry " + index;
  }
}
