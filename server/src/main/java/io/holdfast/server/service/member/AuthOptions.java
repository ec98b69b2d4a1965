package io.holdfast.server.service.member;

import io.holdfast.server.token.JwtOptions;
import java.util.Optional;

/**
 * How users sign in.
 *
 * @param tokenTtlSeconds how long a simple token lives after its last use
 * @param bcryptCost the work of hashing a password, as a power of two; 4 to 31
 * @param signedTokens how tokens are signed; empty for simple ones
 */
public record AuthOptions(long tokenTtlSeconds, int bcryptCost, Optional<JwtOptions> signedTokens) {
  /** The bounds of bcrypt itself. */
  public static final int BCRYPT_COST_MIN = 4;

  /** See {@link #BCRYPT_COST_MIN}. */
  public static final int BCRYPT_COST_MAX = 31;

  public AuthOptions {
    if (tokenTtlSeconds <= 0) {
      throw new IllegalArgumentException("a token lives for a time: " + tokenTtlSeconds + " s");
    }
    if (bcryptCost < BCRYPT_COST_MIN || bcryptCost > BCRYPT_COST_MAX) {
      throw new IllegalArgumentException("bcrypt has no cost of " + bcryptCost);
    }
  }

  /** etcd's: simple tokens of 300 seconds, cost 10. */
  public static AuthOptions defaults() {
    return new AuthOptions(300, 10, Optional.empty());
  }
}
