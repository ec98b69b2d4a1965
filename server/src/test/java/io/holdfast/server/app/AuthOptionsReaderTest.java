package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.service.member.AuthOptions;
import io.holdfast.server.token.JwtOptions;
import io.holdfast.server.token.SigningMethod;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthOptionsReaderTest {
  @Test
  void tokensAreSimpleOnesUnlessAskedOtherwise() {
    assertEquals(AuthOptions.defaults(), ServerOptionsReader.read(values(Map.of())).auth());
    assertEquals(Optional.empty(), read("simple"));
  }

  @Test
  void etcdsOptionsOfSignedTokensAreUnderstood() {
    assertEquals(
        Optional.of(
            new JwtOptions(
                SigningMethod.ES384,
                Optional.of(Path.of("/keys/public")),
                Optional.of(Path.of("/keys/private")),
                90_000,
                Optional.empty())),
        read("jwt,pub-key=/keys/public,priv-key=/keys/private,sign-method=ES384,ttl=1m30s"));
    assertEquals(
        Optional.of(
            new JwtOptions(
                SigningMethod.EDDSA,
                Optional.of(Path.of("/p")),
                Optional.empty(),
                300_000,
                Optional.of("holdfast"))),
        read("jwt,sign-method=EdDSA,pub-key=/p,audience=holdfast"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|say simple, or jwt,sign-method=RS256,priv-key=FILE",
        "JWT|say simple, or jwt,sign-method=RS256,priv-key=FILE",
        "simple,ttl=5m|\"ttl\" is not an option of simple, which has none",
        "jwt|give sign-method= one of RS256, RS384",
        "jwt,sign-method=none,priv-key=/a|give sign-method= one of RS256, RS384",
        "jwt,sign-method=rs256,priv-key=/a|give sign-method= one of RS256, RS384",
        "jwt,sign-method=RS256|give priv-key=FILE, or pub-key=FILE for a member that only",
        "jwt,sign-method=HS256,pub-key=/a|give priv-key=FILE with the secret",
        "jwt,sign-method=RS256,priv-key=|write priv-key=VALUE",
        "jwt,sign-method=RS256,priv-key|write priv-key=VALUE",
        "jwt,sign-method=RS256,privkey=/a|\"privkey\" is not an option of jwt; did you mean priv-key",
        "jwt,sign-method=RS256,colour=blue|there are sign-method, pub-key, priv-key, ttl, audience",
        "jwt,sign-method=RS256,priv-key=/a,priv-key=/b|priv-key is given twice",
        "jwt,sign-method=RS256,priv-key=/a,ttl=0s|give ttl= at least 1s",
        "jwt,sign-method=RS256,priv-key=/a,ttl=-5m|give ttl= at least 1s",
        "jwt,sign-method=RS256,priv-key=/a,ttl=soon|give ttl= at least 1s"
      })
  void whatCannotBeMeantIsSaidInOneLine(String flag, String part) {
    String message = assertThrows(UsageException.class, () -> read(flag)).getMessage();
    assertTrue(message.startsWith("--auth-token=" + flag + ": "), message);
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }

  private static Optional<JwtOptions> read(String flag) {
    return ServerOptionsReader.read(values(Map.of("auth-token", flag))).auth().signedTokens();
  }

  private static FlagValues values(Map<String, String> flags) {
    return FlagValues.of(flags, Map.of());
  }
}
