package io.holdfast.server.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.StartupException;
import io.holdfast.server.tls.TestAuthority;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SigningKeysTest {
  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(
      value = SigningMethod.class,
      names = {"RS256", "PS256", "ES256", "ES384", "ES512", "EDDSA"})
  void thePrivateKeyAloneIsEnough(SigningMethod method) {
    KeyPair pair = TestKeys.pairFor(method).orElseThrow();
    SigningKeys keys =
        SigningKeys.read(options(method, null, TestKeys.privateKey(directory, pair)));
    assertArrayEquals(pair.getPublic().getEncoded(), keys.verification().getEncoded());
    assertArrayEquals(pair.getPrivate().getEncoded(), keys.signing().orElseThrow().getEncoded());
  }

  @Test
  void aPublicKeyAloneOnlyVerifies() {
    KeyPair pair = TestKeys.pair("EC", 256);
    SigningKeys keys =
        SigningKeys.read(options(SigningMethod.ES256, TestKeys.publicKey(directory, pair), null));
    assertEquals(Optional.empty(), keys.signing());
    assertArrayEquals(pair.getPublic().getEncoded(), keys.verification().getEncoded());
  }

  @Test
  void aCertificateWillDoForThePublicKey() {
    TestAuthority authority = new TestAuthority(directory, "authority");
    SigningKeys keys =
        SigningKeys.read(options(SigningMethod.ES256, authority.authorityFile(), null));
    assertEquals("EC", keys.verification().getAlgorithm());
  }

  @Test
  void keysThatDoNotBelongTogetherAreRefused() {
    Path foreign = TestKeys.publicKey(directory, TestKeys.pair("RSA", 2048));
    Path own = TestKeys.privateKey(directory, TestKeys.pair("RSA", 2048));
    refused(
        options(SigningMethod.RS256, foreign, own),
        "private.pem: it does not belong to the public key " + foreign);
  }

  @Test
  void keysOfAnotherKindAreRefused() {
    Path rsa = TestKeys.privateKey(directory, TestKeys.pair("RSA", 2048));
    refused(options(SigningMethod.ES256, null, rsa), "ES256 needs a key of the kind EC, not RSA");
    refused(options(SigningMethod.EDDSA, null, rsa), "EdDSA needs a key of the kind EdDSA");
    Path curve = TestKeys.privateKey(directory, TestKeys.pair("EC", 384));
    refused(options(SigningMethod.ES256, null, curve), "ES256 needs a key on the curve P-256");
    refused(options(SigningMethod.PS384, null, curve), "PS384 needs a key of the kind RSA");
  }

  @Test
  void weakKeysAreRefused() {
    Path small = TestKeys.privateKey(directory, TestKeys.pair("RSA", 1024));
    refused(options(SigningMethod.RS256, null, small), "RS256 needs a key of at least 2048 bits");
    Path secret = TestKeys.write(directory.resolve("secret"), "canary-secret");
    String message =
        refused(options(SigningMethod.HS256, null, secret), "a secret of at least 32 bytes");
    assertFalse(message.contains("canary"), message);
    Path empty = TestKeys.write(directory.resolve("empty"), "");
    refused(options(SigningMethod.HS256, null, empty), "it is empty");
  }

  @Test
  void missingAndDamagedFilesAreNamed() {
    refused(
        options(SigningMethod.RS256, null, directory.resolve("none.pem")),
        "none.pem: there is no such file");
    Path text = TestKeys.write(directory.resolve("text.pem"), "no PEM");
    refused(options(SigningMethod.RS256, text, null), "no public key in PEM is in it");
    refused(options(SigningMethod.RS256, null, text), "no private key in PEM is in it");
    refused(options(SigningMethod.HS256, text, null), "priv-key=FILE with the secret");
    refused(options(SigningMethod.RS256, null, null), "priv-key=FILE, or pub-key=FILE");
  }

  private static JwtOptions options(SigningMethod method, Path publicKey, Path privateKey) {
    return new JwtOptions(
        method,
        Optional.ofNullable(publicKey),
        Optional.ofNullable(privateKey),
        1000,
        Optional.empty());
  }

  private static String refused(JwtOptions options, String part) {
    String message =
        assertThrows(StartupException.class, () -> SigningKeys.read(options)).getMessage();
    assertTrue(message.contains(part), message);
    return message;
  }
}
