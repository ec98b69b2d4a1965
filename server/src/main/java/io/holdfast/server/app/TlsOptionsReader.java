package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagNames;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.app.flag.TlsFlags;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.tls.CipherSuites;
import io.holdfast.server.tls.KeyFiles;
import io.holdfast.server.tls.TlsOptions;
import io.holdfast.server.tls.TlsVersion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Turns the flags about TLS into options, one side at a time, and refuses what cannot be meant. */
final class TlsOptionsReader {
  private final FlagValues values;
  private final BiFunction<Flag, String, Path> path;
  private final List<String> warnings = new ArrayList<>();

  /**
   * @param path makes a path of a flag's value, or refuses it
   */
  TlsOptionsReader(FlagValues values, BiFunction<Flag, String, Path> path) {
    this.values = values;
    this.path = path;
  }

  /** One line for each flag that was given and does nothing. */
  List<String> warnings() {
    return warnings;
  }

  /**
   * @param listen the flag of the URLs of this side, and what it says
   * @return empty when no URL asks for TLS
   */
  Optional<TlsOptions> read(TlsFlags.Side side, Flag listen, List<MemberUrl> urls) {
    Optional<MemberUrl> secure = urls.stream().filter(MemberUrl::isSecure).findFirst();
    boolean isPeers = side == TlsFlags.PEERS;
    Optional<KeyFiles> own = pair(side.certFile(), side.keyFile());
    Optional<KeyFiles> asClient = pair(side.clientCertFile(), side.clientKeyFile());
    // A member without TLS of its own may call others that have it already.
    if (secure.isEmpty() && !(isPeers && own.isPresent())) {
      side.all().stream().filter(this::says).forEach(flag -> warnings.add(idle(flag, listen)));
      return Optional.empty();
    }
    if (own.isEmpty() && !values.bool(side.autoTls())) {
      throw new UsageException(
          "--"
              + listen.name()
              + "="
              + secure.get()
              + ": TLS needs a certificate; give --"
              + side.certFile().name()
              + " and --"
              + side.keyFile().name()
              + ", or --"
              + side.autoTls().name());
    }
    Optional<Path> authority = file(side.trustedCaFile());
    boolean demands = values.bool(side.clientCertAuth());
    if (demands && authority.isEmpty()) {
      throw new UsageException(
          "--"
              + side.clientCertAuth().name()
              + ": say with --"
              + side.trustedCaFile().name()
              + " whose signatures count");
    }
    TlsVersion min = TlsVersion.named(values.text(TlsFlags.TLS_MIN_VERSION)).orElseThrow();
    TlsVersion max =
        TlsVersion.named(values.text(TlsFlags.TLS_MAX_VERSION)).orElse(TlsVersion.TLS_1_3);
    if (max.compareTo(min) < 0) {
      throw unusable(
          TlsFlags.TLS_MAX_VERSION, "this is older than --tls-min-version=" + min.flagValue());
    }
    return Optional.of(
        new TlsOptions(
            own,
            asClient,
            authority,
            // A list of authorities alone asks for certificates too, as etcd does.
            demands || own.isPresent() && authority.isPresent(),
            file(side.crlFile()),
            isPeers ? list(TlsFlags.PEER_CERT_ALLOWED_CN) : List.of(),
            list(side.allowedHostname()),
            isPeers && !values.bool(TlsFlags.PEER_SKIP_CLIENT_SAN_VERIFICATION),
            own.isPresent(),
            cipherSuites(min),
            min,
            max,
            (int) values.whole(TlsFlags.SELF_SIGNED_CERT_VALIDITY)));
  }

  private Optional<KeyFiles> pair(Flag certificate, Flag key) {
    Optional<Path> certificateFile = file(certificate);
    Optional<Path> keyFile = file(key);
    if (certificateFile.isPresent() != keyFile.isPresent()) {
      throw new UsageException(
          "--" + certificate.name() + " and --" + key.name() + ": one needs the other");
    }
    return certificateFile.map(file -> new KeyFiles(file, keyFile.orElseThrow()));
  }

  private boolean says(Flag flag) {
    return !values.text(flag).equals(flag.defaultValue());
  }

  private static String idle(Flag flag, Flag listen) {
    return "--"
        + flag.name()
        + " does nothing: no URL of --"
        + listen.name()
        + " begins with https";
  }

  private List<String> cipherSuites(TlsVersion min) {
    List<String> names = list(TlsFlags.CIPHER_SUITES);
    if (!names.isEmpty() && min == TlsVersion.TLS_1_3) {
      throw unusable(
          TlsFlags.CIPHER_SUITES, "suites can be chosen for TLS 1.2 only; leave the flag out");
    }
    return names.stream().map(this::cipherSuite).toList();
  }

  private String cipherSuite(String name) {
    return CipherSuites.named(name)
        .orElseThrow(
            () ->
                unusable(
                    TlsFlags.CIPHER_SUITES,
                    FlagNames.nearest(name, CipherSuites.known())
                        .map(near -> "there is no suite " + name + "; did you mean " + near + "?")
                        .orElse("there is no suite " + name)));
  }

  private Optional<Path> file(Flag flag) {
    String given = values.text(flag);
    return given.isEmpty() ? Optional.empty() : Optional.of(path.apply(flag, given));
  }

  private List<String> list(Flag flag) {
    return Arrays.stream(values.text(flag).split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }

  private UsageException unusable(Flag flag, String how) {
    return new UsageException("--" + flag.name() + "=" + values.text(flag) + ": " + how);
  }
}
