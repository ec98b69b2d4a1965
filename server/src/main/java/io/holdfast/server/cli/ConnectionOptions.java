package io.holdfast.server.cli;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** How the client commands reach a store. */
final class ConnectionOptions {
  private static final String SECURE = "https://";

  @Option(
      names = "--endpoints",
      paramLabel = "host:port,...",
      defaultValue = "${env:ETCDCTL_ENDPOINTS:-localhost:2379}",
      description = "Where the members serve clients (default: ${DEFAULT-VALUE}).")
  private String endpoints;

  @Option(
      names = "--timeout",
      paramLabel = "duration",
      defaultValue = "5s",
      description = "How long to try, for example 500ms or 5s (default: ${DEFAULT-VALUE}).")
  private String timeout;

  @Option(
      names = "--cacert",
      paramLabel = "file",
      defaultValue = "${env:ETCDCTL_CACERT:-}",
      description = "Whose signatures count where an endpoint begins with https:// (PEM).")
  private String authority;

  @Option(
      names = "--cert",
      paramLabel = "file",
      defaultValue = "${env:ETCDCTL_CERT:-}",
      description = "Certificate to show to a store that asks for one (PEM).")
  private String certificate;

  @Option(
      names = "--key",
      paramLabel = "file",
      defaultValue = "${env:ETCDCTL_KEY:-}",
      description = "The private key of --cert (PKCS #8 in PEM).")
  private String key;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Opens a connection; nothing has been sent when it returns. */
  Connection connect() {
    boolean secure = endpoints.contains(SECURE);
    String hosts =
        Arrays.stream(endpoints.split(","))
            .map(String::strip)
            .map(part -> part.replaceFirst("^https?://", ""))
            .collect(Collectors.joining(","));
    return Drivers.connect(
        "etcd://" + hosts + "?requestTimeout=" + timeout + (secure ? protection() : ""));
  }

  private String protection() {
    return "&tls=verify-full"
        + property("rootcert", authority)
        + property("cert", certificate)
        + property("key", key);
  }

  private static String property(String name, String value) {
    return value.isEmpty()
        ? ""
        : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
