package io.holdfast.server.token;

import io.holdfast.server.error.StartupException;
import io.holdfast.server.tls.PemFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/**
 * The keys that tokens are signed and verified with.
 *
 * @param signing empty where only a public key is known
 */
record SigningKeys(Optional<Key> signing, Key verification) {
  private static final String PRIVATE = "private key of tokens";
  private static final String PUBLIC = "public key of tokens";

  /**
   * @throws StartupException when a file is missing or damaged, does not suit the method, or when
   *     the two keys do not belong together
   */
  static SigningKeys read(JwtOptions options) {
    return options.method().isSecret() ? secret(options) : pair(options);
  }

  private static SigningKeys secret(JwtOptions options) {
    Path path =
        options.privateKey().orElseThrow(() -> missing(options, "priv-key=FILE with the secret"));
    PemFile file = new PemFile(PRIVATE, path);
    byte[] bytes = file.bytes();
    if (bytes.length == 0) {
      throw file.unusable("it is empty");
    }
    Key secret = new SecretKeySpec(bytes, "HMAC");
    checkSuits(options, secret, file);
    return new SigningKeys(Optional.of(secret), secret);
  }

  private static SigningKeys pair(JwtOptions options) {
    Optional<PublicKey> shown =
        options
            .publicKey()
            .map(
                path -> {
                  PemFile file = new PemFile(PUBLIC, path);
                  PublicKey key = file.publicKey();
                  checkSuits(options, key, file);
                  return key;
                });
    if (options.privateKey().isEmpty()) {
      return new SigningKeys(
          Optional.empty(),
          shown.orElseThrow(() -> missing(options, "priv-key=FILE, or pub-key=FILE to verify")));
    }
    PemFile file = new PemFile(PRIVATE, options.privateKey().get());
    PrivateKey own = file.privateKey();
    checkSuits(options, own, file);
    PublicKey derived = publicKeyOf(own);
    if (shown.isPresent() && !Arrays.equals(shown.get().getEncoded(), derived.getEncoded())) {
      throw file.unusable(
          "it does not belong to the public key " + options.publicKey().orElseThrow());
    }
    return new SigningKeys(Optional.of(own), derived);
  }

  private static void checkSuits(JwtOptions options, Key key, PemFile file) {
    options
        .method()
        .problemWith(key)
        .ifPresent(
            why -> {
              throw file.unusable(why);
            });
  }

  private static StartupException missing(JwtOptions options, String what) {
    return new StartupException(
        "cannot sign tokens by " + options.method().algorithm() + ": give --auth-token " + what);
  }

  private static PublicKey publicKeyOf(PrivateKey key) {
    try {
      return KeyFactory.getInstance(key.getAlgorithm())
          .generatePublic(
              new X509EncodedKeySpec(
                  SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
                          publicPart(PrivateKeyFactory.createKey(key.getEncoded())))
                      .getEncoded()));
    } catch (IOException | GeneralSecurityException impossible) {
      // Without the cause, which might show parts of the key.
      throw new IllegalStateException("a private key that was read has a public one");
    }
  }

  private static AsymmetricKeyParameter publicPart(AsymmetricKeyParameter key) {
    if (key instanceof RSAPrivateCrtKeyParameters rsa) {
      return new RSAKeyParameters(false, rsa.getModulus(), rsa.getPublicExponent());
    } else if (key instanceof ECPrivateKeyParameters curve) {
      return new ECPublicKeyParameters(
          curve.getParameters().getG().multiply(curve.getD()), curve.getParameters());
    } else if (key instanceof Ed25519PrivateKeyParameters edwards) {
      return edwards.generatePublicKey();
    }
    throw new IllegalStateException("PEM files have no other keys");
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return signing.isPresent() ? "keys to sign with" : "a key to verify with";
  }
}
