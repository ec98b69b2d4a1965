package io.holdfast.server.cli;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** How the client commands reach a store. */
final class ConnectionOptions {
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
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Opens a connection; nothing has been sent when it returns. */
  Connection connect() {
    String hosts =
        Arrays.stream(endpoints.split(","))
            .map(String::strip)
            .map(part -> part.startsWith("http://") ? part.substring("http://".length()) : part)
            .collect(Collectors.joining(","));
    return Drivers.connect("etcd://" + hosts + "?requestTimeout=" + timeout);
  }
}
