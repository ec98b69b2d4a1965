package io.holdfast.server.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwe.JsonWebEncryption;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for a token, and the known ways to pass something else for one. */
class SignedTokensTest {
  private static final long NOW = 1_800_000_000_500L;
  private static final String CLAIMS = "{\"username\":\"root\",\"revision\":7,\"exp\":1800000300}";

  @TempDir Path directory;
  private final KeyPair own = TestKeys.pair("RSA", 2048);
  private final KeyPair foreign = TestKeys.pair("RSA", 2048);
  private SignedTokens tokens;

  @BeforeEach
  void open() {
    tokens = open(Optional.empty());
  }

  private SignedTokens open(Optional<String> audience) {
    Path key = TestKeys.privateKey(directory, own);
    return SignedTokens.open(
        new JwtOptions(SigningMethod.RS256, Optional.empty(), Optional.of(key), 300_000, audience));
  }

  @ParameterizedTest
  @EnumSource(SigningMethod.class)
  void whatEveryMethodSignsIsTaken(SigningMethod method) {
    SignedTokens signer = SignedTokens.open(TestKeys.options(directory, method));
    String token = signer.sign("alice", 12, NOW);
    Claims claims = new Claims("alice", 12, 1_800_000_600_000L);
    assertEquals(Optional.of(claims), signer.verify(token, NOW));
    assertEquals(Optional.empty(), signer.verify(token.substring(1), NOW));
    assertEquals(Optional.empty(), tokens.verify(token, NOW), "signed by another");
  }

  @Test
  void tokensAreFormedAsEtcdForms() {
    String[] parts = tokens.sign("alice", 12, NOW).split("\\.");
    assertEquals(Map.of("typ", "JWT", "alg", "RS256"), json(parts[0]));
    assertEquals(
        Map.of("username", "alice", "revision", 12L, "exp", 1_800_000_300L), json(parts[1]));
  }

  @Test
  void aTokenEndsWithItsTime() {
    String token = tokens.sign("alice", 12, NOW);
    assertTrue(tokens.verify(token, 1_800_000_299_999L).isPresent());
    assertEquals(Optional.empty(), tokens.verify(token, 1_800_000_300_000L));
    assertEquals(Optional.empty(), open(Optional.empty()).verify(token, 1_800_000_300_000L));
    assertEquals(
        Optional.empty(), tokens.verify(signed("{\"username\":\"root\",\"revision\":7}"), NOW));
    assertEquals(
        Optional.empty(),
        tokens.verify(signed(CLAIMS.replace("}", ",\"nbf\":1800000200}")), NOW),
        "not yet");
  }

  @Test
  void whatTheKeyHasSignedIsTaken() {
    assertEquals(
        Optional.of(new Claims("root", 7, 1_800_000_300_000L)), tokens.verify(signed(CLAIMS), NOW));
    assertTrue(tokens.verify(signed(CLAIMS.replace("7", "7.0")), NOW).isPresent(), "as Go writes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "x",
        "{\"username\":\"\",\"revision\":7,\"exp\":1800000300}",
        "{\"username\":7,\"revision\":7,\"exp\":1800000300}",
        "{\"revision\":7,\"exp\":1800000300}",
        "{\"username\":\"root\",\"exp\":1800000300}",
        "{\"username\":\"root\",\"revision\":\"7\",\"exp\":1800000300}",
        "{\"username\":\"root\",\"revision\":0,\"exp\":1800000300}",
        "{\"username\":\"root\",\"revision\":-7,\"exp\":1800000300}",
        "{\"username\":\"root\",\"revision\":7,\"exp\":\"never\"}",
        "{\"username\":\"root\",\"revision\":7,\"exp\":1800000300,\"aud\":\"another\"}"
      })
  void claimsThatSayNotWhatIsNeededAreNoTokens(String claims) {
    assertEquals(Optional.empty(), tokens.verify(signed(claims), NOW));
  }

  @Test
  void whereAnAudienceIsDueOnlyItsTokensAreTaken() {
    SignedTokens due = open(Optional.of("holdfast"));
    assertTrue(due.verify(due.sign("alice", 12, NOW), NOW).isPresent());
    assertEquals(Optional.empty(), due.verify(tokens.sign("alice", 12, NOW), NOW));
    assertEquals(
        Optional.empty(), due.verify(signed(CLAIMS.replace("}", ",\"aud\":\"another\"}")), NOW));
    assertTrue(
        due.verify(signed(CLAIMS.replace("}", ",\"aud\":[\"x\",\"holdfast\"]}")), NOW).isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "None", "NONE", "nOnE", ""})
  void tokensWithoutASignatureAreRefused(String algorithm) {
    String head = base64("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}");
    String body = base64(CLAIMS);
    String signature = signed(CLAIMS).split("\\.")[2];
    assertEquals(Optional.empty(), tokens.verify(head + "." + body + ".", NOW));
    assertEquals(Optional.empty(), tokens.verify(head + "." + body, NOW));
    assertEquals(Optional.empty(), tokens.verify(head + "." + body + "." + signature, NOW));
  }

  /** Who takes the method from the token's header verifies with the public key as a secret. */
  @Test
  void thePublicKeyIsNoSecret() throws Exception {
    byte[] pem = Files.readAllBytes(TestKeys.publicKey(directory, own));
    for (byte[] secret : new byte[][] {pem, own.getPublic().getEncoded()}) {
      for (String algorithm : new String[] {"HS256", "HS384", "HS512"}) {
        String token = signed(CLAIMS, algorithm, new SecretKeySpec(secret, "HMAC"), Map.of());
        assertEquals(Optional.empty(), tokens.verify(token, NOW));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"RS384", "RS512", "PS256"})
  void theRightKeyByAnotherMethodIsRefused(String algorithm) {
    assertEquals(
        Optional.empty(),
        tokens.verify(signed(CLAIMS, algorithm, own.getPrivate(), Map.of()), NOW));
  }

  /** Where the key is to be found is not the token's to say. */
  @Test
  void keysThatATokenNamesOrBringsAlongAreNotUsed() throws Exception {
    PublicJsonWebKey brought = PublicJsonWebKey.Factory.newPublicJwk(foreign.getPublic());
    for (Map<String, Object> header :
        List.<Map<String, Object>>of(
            Map.of(),
            Map.of("jwk", brought.toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY)),
            Map.of("jku", "http://127.0.0.1:1/keys"),
            Map.of("x5u", "http://127.0.0.1:1/keys"),
            Map.of("kid", "../../../../dev/null"),
            Map.of("kid", TestKeys.publicKey(directory, foreign).toString()))) {
      assertEquals(
          Optional.empty(),
          tokens.verify(signed(CLAIMS, "RS256", foreign.getPrivate(), header), NOW),
          header.toString());
    }
  }

  @Test
  void changedTokensAreRefused() {
    String[] parts = tokens.sign("alice", 12, NOW).split("\\.");
    String root = base64(CLAIMS);
    assertEquals(Optional.empty(), tokens.verify(parts[0] + "." + root + "." + parts[2], NOW));
    assertEquals(Optional.empty(), tokens.verify(parts[0] + "." + parts[1] + ".", NOW));
    assertEquals(Optional.empty(), tokens.verify(parts[0] + "." + parts[1], NOW));
  }

  @Test
  void encryptedTokensAreRefused() throws Exception {
    JsonWebEncryption encrypted = new JsonWebEncryption();
    encrypted.setAlgorithmHeaderValue("RSA-OAEP-256");
    encrypted.setEncryptionMethodHeaderParameter("A128GCM");
    encrypted.setKey(own.getPublic());
    encrypted.setPayload(CLAIMS);
    assertEquals(Optional.empty(), tokens.verify(encrypted.getCompactSerialization(), NOW));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "...", "a.b.c", "....", "abcdefghijklmnop.12", "é.é.é"})
  void nonsenseIsNoToken(String text) {
    assertEquals(Optional.empty(), tokens.verify(text, NOW));
  }

  @Test
  void tokensBeyondMeasureAreNotLookedAt() {
    String claims = CLAIMS.replace("}", ",\"more\":\"" + "x".repeat(7000) + "\"}");
    assertTrue(signed(claims).length() > 8192);
    assertEquals(Optional.empty(), tokens.verify(signed(claims), NOW));
  }

  @Test
  void withoutThePrivateKeyNothingIsSigned() {
    Path key = TestKeys.publicKey(directory, own);
    SignedTokens verifier =
        SignedTokens.open(
            new JwtOptions(
                SigningMethod.RS256, Optional.of(key), Optional.empty(), 1, Optional.empty()));
    assertFalse(verifier.canSign());
    assertTrue(verifier.verify(tokens.sign("alice", 12, NOW), NOW).isPresent());
  }

  private String signed(String claims) {
    return signed(claims, "RS256", own.getPrivate(), Map.of());
  }

  /** Signs with another implementation's lack of rules. */
  private static String signed(
      String claims, String algorithm, Key key, Map<String, Object> header) {
    JsonWebSignature token = new JsonWebSignature();
    token.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
    token.setDoKeyValidation(false);
    token.setAlgorithmHeaderValue(algorithm);
    header.forEach((name, value) -> token.getHeaders().setObjectHeaderValue(name, value));
    token.setKey(key);
    token.setPayload(claims);
    try {
      return token.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, Object> json(String part) {
    String text = new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
    try {
      return JsonUtil.parseJson(text);
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }
}
