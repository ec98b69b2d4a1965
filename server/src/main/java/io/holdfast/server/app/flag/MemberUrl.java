package io.holdfast.server.app.flag;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An address of a member as its flags name it: scheme, host and port, nothing else.
 *
 * @param host a name or an address; an IPv6 one without its brackets
 * @param port 0 to 65535; 0 lets the system choose, for listening only
 */
public record MemberUrl(String scheme, String host, int port) {
  private static final int PORT_MAX = 65_535;

  /** The parts of a list separated by commas, without repetitions, in the order given. */
  static List<MemberUrl> list(String commaSeparated) {
    List<MemberUrl> urls = new ArrayList<>();
    for (String part : commaSeparated.split(",")) {
      if (!part.isBlank()) {
        MemberUrl url = parse(part.strip());
        if (!urls.contains(url)) {
          urls.add(url);
        }
      }
    }
    return List.copyOf(urls);
  }

  /** A URL that {@link FlagType.Urls} has found no problem with. */
  public static MemberUrl parse(String text) {
    URI uri = URI.create(text);
    String host = uri.getHost();
    boolean bracketed = host.startsWith("[");
    return new MemberUrl(
        uri.getScheme(), bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
  }

  static Optional<String> problemWith(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException notUri) {
      return Optional.of("not a URL; write for example http://127.0.0.1:2379");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme();
    if (scheme.equals("unix") || scheme.equals("unixs")) {
      return Optional.of("unix sockets are not supported; use http://host:port");
    }
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("a URL needs a scheme; write for example http://127.0.0.1:2379");
    }
    if (scheme.equals("https")) {
      return Optional.of("TLS is not implemented in this version; use http://host:port");
    }
    if (uri.getHost() == null || uri.getPort() < 0 || uri.getPort() > PORT_MAX) {
      return Optional.of("a URL needs a host and a port; write for example http://127.0.0.1:2379");
    }
    boolean more =
        uri.getUserInfo() != null
            || uri.getQuery() != null
            || uri.getFragment() != null
            || !(uri.getPath().isEmpty() || uri.getPath().equals("/"));
    return more
        ? Optional.of("a member's URL has no path, user or query; write only scheme, host and port")
        : Optional.empty();
  }

  /** Whether it means every address of the machine. */
  public boolean isWildcard() {
    return host.equals("0.0.0.0") || host.equals("::");
  }

  /** {@code host:port}, with brackets around an IPv6 address. */
  public String hostAndPort() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** As it is written in flags and told to clients. */
  @Override
  public String toString() {
    return scheme + "://" + hostAndPort();
  }
}
