package io.holdfast.server.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What tokens say whose signature was verified, so that a client's next call need not do it again:
 * verifying one on a curve takes as long as some puts. Tokens are known by their digests; beyond a
 * number of them the one that was not shown for the longest time is forgotten. Thread-safe.
 */
final class VerifiedTokens {
  private final int sizeMax;
  private final Map<ByteBuffer, Claims> tokens = new LinkedHashMap<>(16, 0.75f, true);

  VerifiedTokens(int sizeMax) {
    this.sizeMax = sizeMax;
  }

  synchronized void add(String token, Claims claims) {
    tokens.put(digest(token), claims);
    if (tokens.size() > sizeMax) {
      Iterator<ByteBuffer> oldest = tokens.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Empty also for one whose time is over: it is forgotten. */
  synchronized Optional<Claims> find(String token, long nowMillis) {
    ByteBuffer digest = digest(token);
    Claims claims = tokens.get(digest);
    if (claims != null && claims.endMillis() <= nowMillis) {
      tokens.remove(digest);
      return Optional.empty();
    }
    return Optional.ofNullable(claims);
  }

  synchronized int size() {
    return tokens.size();
  }

  private static ByteBuffer digest(String token) {
    try {
      return ByteBuffer.wrap(
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
