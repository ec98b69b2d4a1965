package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagNames;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.GoDuration;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.service.member.AuthOptions;
import io.holdfast.server.token.JwtOptions;
import io.holdfast.server.token.SigningMethod;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** Turns the flags about signing in into options: {@code jwt,sign-method=RS256,priv-key=...}. */
final class AuthOptionsReader {
  private static final String SIMPLE = "simple";
  private static final String JWT = "jwt";
  private static final String METHOD = "sign-method";
  private static final String PUBLIC_KEY = "pub-key";
  private static final String PRIVATE_KEY = "priv-key";
  private static final String TTL = "ttl";
  private static final String AUDIENCE = "audience";
  private static final List<String> JWT_OPTIONS =
      List.of(METHOD, PUBLIC_KEY, PRIVATE_KEY, TTL, AUDIENCE);
  private static final String TTL_DEFAULT = "5m";

  private final FlagValues values;
  private final BiFunction<Flag, String, Path> path;

  /**
   * @param path makes a path of a flag's value, or refuses it
   */
  AuthOptionsReader(FlagValues values, BiFunction<Flag, String, Path> path) {
    this.values = values;
    this.path = path;
  }

  /**
   * @throws UsageException when the kind of token or an option of it is not known or unusable
   */
  AuthOptions read() {
    return new AuthOptions(
        values.whole(Flags.AUTH_TOKEN_TTL), (int) values.whole(Flags.BCRYPT_COST), signedTokens());
  }

  private Optional<JwtOptions> signedTokens() {
    String[] parts = values.text(Flags.AUTH_TOKEN).split(",", -1);
    return switch (parts[0]) {
      case JWT -> Optional.of(jwt(options(parts, JWT_OPTIONS)));
      case SIMPLE -> {
        options(parts, List.of());
        yield Optional.empty();
      }
      default ->
          throw unusable("say simple, or jwt,sign-method=RS256,priv-key=FILE for signed tokens");
    };
  }

  private Map<String, String> options(String[] parts, List<String> known) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      if (!known.contains(name)) {
        throw unusable("\"" + name + "\" is not an option of " + parts[0] + hint(name, known));
      }
      if (equals < 0 || equals == part.length() - 1) {
        throw unusable("write " + name + "=VALUE");
      }
      if (options.put(name, part.substring(equals + 1)) != null) {
        throw unusable(name + " is given twice");
      }
    }
    return options;
  }

  private static String hint(String name, List<String> known) {
    return FlagNames.nearest(name, known)
        .map(near -> "; did you mean " + near + "?")
        .orElse(known.isEmpty() ? ", which has none" : "; there are " + String.join(", ", known));
  }

  private JwtOptions jwt(Map<String, String> options) {
    SigningMethod method =
        SigningMethod.named(options.getOrDefault(METHOD, ""))
            .orElseThrow(() -> unusable("give sign-method= one of " + methods()));
    Optional<Path> privateKey = file(options, PRIVATE_KEY);
    Optional<Path> publicKey = file(options, PUBLIC_KEY);
    if (privateKey.isEmpty() && (method.isSecret() || publicKey.isEmpty())) {
      throw unusable(
          method.isSecret()
              ? "give priv-key=FILE with the secret that signs and verifies"
              : "give priv-key=FILE, or pub-key=FILE for a member that only verifies");
    }
    long ttlMillis =
        GoDuration.parse(options.getOrDefault(TTL, TTL_DEFAULT))
            .filter(ttl -> ttl.toSeconds() > 0)
            .orElseThrow(() -> unusable("give ttl= at least 1s, for example ttl=10m"))
            .toMillis();
    return new JwtOptions(
        method, publicKey, privateKey, ttlMillis, Optional.ofNullable(options.get(AUDIENCE)));
  }

  private Optional<Path> file(Map<String, String> options, String name) {
    return Optional.ofNullable(options.get(name)).map(text -> path.apply(Flags.AUTH_TOKEN, text));
  }

  private static String methods() {
    return Arrays.stream(SigningMethod.values())
        .map(SigningMethod::algorithm)
        .collect(Collectors.joining(", "));
  }

  private UsageException unusable(String how) {
    return new UsageException(
        "--auth-token=" + values.text(Flags.AUTH_TOKEN) + ": " + how + " (see --help)");
  }
}
