package io.holdfast.server.auth;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who is signed in with which token, on this member. A token is known by its digest only, lives for
 * a time after its last use, and dies with its user, the user's password and authentication itself.
 *
 * <p>Every member assigns a token when it applies the command that signs somebody in, so that a
 * client may go on with any of them; how long it still lives each member counts for itself. Nothing
 * of it is stored: whoever starts a member anew signs in again, as with etcd. Thread-safe.
 */
public final class TokenBook {
  /** Beyond these the token that was not used for the longest time ends early. */
  static final int TOKENS_MAX = 100_000;

  private final long lifeNanos;

  /** In the order of their last use, which is that of their end. */
  private final Map<ByteBuffer, Token> tokens = new LinkedHashMap<>(16, 0.75f, true);

  private record Token(String user, long endNanos) {}

  /**
   * @param lifeSeconds after the last use; positive
   */
  public TokenBook(long lifeSeconds) {
    this.lifeNanos = Math.multiplyExact(lifeSeconds, 1_000_000_000L);
  }

  /** Signs a user in. */
  public synchronized void assign(byte[] digest, String user, long nowNanos) {
    removeEnded(nowNanos);
    tokens.put(ByteBuffer.wrap(digest.clone()), new Token(user, nowNanos + lifeNanos));
    if (tokens.size() > TOKENS_MAX) {
      Iterator<ByteBuffer> oldest = tokens.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Whose token it is; its life begins anew. */
  public synchronized Optional<String> use(byte[] digest, long nowNanos) {
    removeEnded(nowNanos);
    ByteBuffer key = ByteBuffer.wrap(digest);
    Token token = tokens.get(key);
    if (token == null) {
      return Optional.empty();
    }
    tokens.put(key, new Token(token.user, nowNanos + lifeNanos));
    return Optional.of(token.user);
  }

  /** Ends all tokens of a user. */
  public synchronized void endUser(String user) {
    tokens.values().removeIf(token -> token.user.equals(user));
  }

  /** Ends all tokens. */
  public synchronized void endAll() {
    tokens.clear();
  }

  /** How many live, those that have ended since the last use of any included. */
  public synchronized int size() {
    return tokens.size();
  }

  private void removeEnded(long nowNanos) {
    Iterator<Token> oldest = tokens.values().iterator();
    while (oldest.hasNext() && nowNanos - oldest.next().endNanos >= 0) {
      oldest.remove();
    }
  }
}
