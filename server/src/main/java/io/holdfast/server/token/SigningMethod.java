package io.holdfast.server.token;

import java.security.Key;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How a token is signed, by the names of RFC 7518 and RFC 8037. A member knows one method: what a
 * token's own header says has to be that.
 */
public enum SigningMethod {
  RS256("RSA", 2048),
  RS384("RSA", 2048),
  RS512("RSA", 2048),
  PS256("RSA", 2048),
  PS384("RSA", 2048),
  PS512("RSA", 2048),
  ES256("EC", 256),
  ES384("EC", 384),
  ES512("EC", 521),
  HS256("HMAC", 256),
  HS384("HMAC", 384),
  HS512("HMAC", 512),
  EDDSA("EdDSA", 255);

  private final String kind;
  private final int bits;

  SigningMethod(String kind, int bits) {
    this.kind = kind;
    this.bits = bits;
  }

  /** As it stands in a token's header and after {@code sign-method=}. */
  public String algorithm() {
    return this == EDDSA ? "EdDSA" : name();
  }

  /** Whether one secret both signs and verifies. */
  public boolean isSecret() {
    return kind.equals("HMAC");
  }

  /** Names are told apart by case, as in a token. */
  public static Optional<SigningMethod> named(String algorithm) {
    return Arrays.stream(values()).filter(m -> m.algorithm().equals(algorithm)).findFirst();
  }

  /** Why a key does not suit this method and which would; empty when it does. */
  Optional<String> problemWith(Key key) {
    if (isSecret()) {
      return key.getEncoded().length * 8 >= bits
          ? Optional.empty()
          : Optional.of(needs("a secret of at least " + bits / 8 + " bytes"));
    }
    if (!key.getAlgorithm().toLowerCase(Locale.ROOT).startsWith(family())) {
      return Optional.of(needs("a key of the kind " + kind + ", not " + key.getAlgorithm()));
    }
    if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() < bits) {
      return Optional.of(needs("a key of at least " + bits + " bits"));
    }
    if (key instanceof ECKey curve && curve.getParams().getOrder().bitLength() != bits) {
      return Optional.of(needs("a key on the curve P-" + bits));
    }
    return Optional.empty();
  }

  /** The JDK calls one kind of key both EdDSA and Ed25519. */
  private String family() {
    return this == EDDSA ? "ed" : kind.toLowerCase(Locale.ROOT);
  }

  private String needs(String what) {
    return algorithm() + " needs " + what;
  }
}
