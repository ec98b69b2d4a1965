package io.holdfast.server.token;

import java.util.Optional;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;

/**
 * Signs tokens and verifies them (RFC 7519), interchangeable with etcd's of the same keys. The
 * method and the key are this member's own: a header that asks for another method, names a key or
 * brings one along is not followed. Thread-safe.
 */
public final class SignedTokens {
  private static final String USER = "username";
  private static final String REVISION = "revision";

  /** A token of the largest keys has some 1000 characters; nothing longer is looked at. */
  private static final int CHARACTERS_MAX = 8192;

  private static final int KNOWN_MAX = 10_000;
  private static final long MILLIS_PER_SECOND = 1000;

  private final JwtOptions options;
  private final SigningKeys keys;
  private final VerifiedTokens known = new VerifiedTokens(KNOWN_MAX);

  private SignedTokens(JwtOptions options, SigningKeys keys) {
    this.options = options;
    this.keys = keys;
  }

  /**
   * Reads the keys.
   *
   * @throws io.holdfast.server.error.StartupException when a file is unusable, with how to mend it
   */
  public static SignedTokens open(JwtOptions options) {
    return new SignedTokens(options, SigningKeys.read(options));
  }

  /** Whether this member has the key to sign with. */
  public boolean canSign() {
    return keys.signing().isPresent();
  }

  /**
   * A token for a user. Takes one to two milliseconds of work with RSA.
   *
   * @throws IllegalStateException when it {@linkplain #canSign cannot}
   */
  public String sign(String user, long authRevision, long nowMillis) {
    JwtClaims claims = new JwtClaims();
    claims.setStringClaim(USER, user);
    claims.setClaim(REVISION, authRevision);
    claims.setExpirationTime(
        NumericDate.fromSeconds((nowMillis + options.ttlMillis()) / MILLIS_PER_SECOND));
    options.audience().ifPresent(claims::setAudience);
    JsonWebSignature token = new JsonWebSignature();
    token.setHeader("typ", "JWT");
    token.setAlgorithmHeaderValue(options.method().algorithm());
    token.setKey(keys.signing().orElseThrow(() -> new IllegalStateException("no key to sign")));
    token.setPayload(claims.toJson());
    try {
      return token.getCompactSerialization();
    } catch (JoseException impossible) {
      // Without the cause, which might show parts of the key.
      throw new IllegalStateException("a key that suits its method signs");
    }
  }

  /** What a token says; empty when it is not one of ours, or its time is over. */
  public Optional<Claims> verify(String token, long nowMillis) {
    if (token.length() > CHARACTERS_MAX) {
      return Optional.empty();
    }
    Optional<Claims> before = known.find(token, nowMillis);
    if (before.isPresent()) {
      return before;
    }
    Optional<Claims> claims = verifySignature(token, nowMillis);
    claims.ifPresent(verified -> known.add(token, verified));
    return claims;
  }

  private Optional<Claims> verifySignature(String token, long nowMillis) {
    JwtConsumerBuilder rules =
        new JwtConsumerBuilder()
            .setVerificationKey(keys.verification())
            .setJwsAlgorithmConstraints(
                new AlgorithmConstraints(ConstraintType.PERMIT, options.method().algorithm()))
            .setRequireExpirationTime()
            .setEvaluationTime(NumericDate.fromMilliseconds(nowMillis));
    options.audience().ifPresent(rules::setExpectedAudience);
    try {
      return claims(rules.build().processToClaims(token));
    } catch (InvalidJwtException | MalformedClaimException refused) {
      return Optional.empty();
    }
  }

  private static Optional<Claims> claims(JwtClaims claims) throws MalformedClaimException {
    String user = claims.getStringClaimValue(USER);
    Number revision = claims.getClaimValue(REVISION, Number.class);
    if (user == null || user.isEmpty() || revision == null || revision.longValue() <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Claims(user, revision.longValue(), claims.getExpirationTime().getValueInMillis()));
  }
}
