package io.holdfast.server.app.flag;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An address of a member as its flags name it: scheme, host and port, nothing else; or a Unix
 * socket.
 *
 * @param host a name or an address; an IPv6 one without its brackets; the path of a Unix socket
 * @param port 0 to 65535; 0 lets the system choose, for listening only; -1 with a Unix socket
 */
public record MemberUrl(String scheme, String host, int port) {
  private static final int PORT_MAX = 65_535;
  private static final Set<String> SOCKETS = Set.of("unix", "unixs");
  private static final Set<String> SECURE = Set.of("https", "unixs");

  /** What the system has room for, without the zero at the end. */
  private static final int SOCKET_PATH_BYTES_MAX = 107;

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
    if (SOCKETS.contains(uri.getScheme())) {
      return new MemberUrl(uri.getScheme(), socketPath(uri), -1);
    }
    String host = uri.getHost();
    boolean bracketed = host.startsWith("[");
    return new MemberUrl(
        uri.getScheme(), bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
  }

  /** As etcd does: {@code unix://a/b} means the relative path {@code a/b}. */
  private static String socketPath(URI uri) {
    String first = uri.getAuthority() == null ? "" : uri.getAuthority();
    return uri.getPath() == null ? first : first + uri.getPath();
  }

  private static Optional<String> problemWithSocket(URI uri, boolean unixSockets) {
    if (!unixSockets) {
      return Optional.of("unix sockets are for clients only; use http://host:port");
    }
    String path = socketPath(uri);
    if (path.isEmpty() || path.endsWith("/") || uri.getQuery() != null) {
      return Optional.of("name the file of the socket; write for example unix:///run/store.sock");
    }
    return path.getBytes(StandardCharsets.UTF_8).length > SOCKET_PATH_BYTES_MAX
        ? Optional.of("the name of a unix socket has at most " + SOCKET_PATH_BYTES_MAX + " bytes")
        : Optional.empty();
  }

  static Optional<String> problemWith(String text, boolean unixSockets) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException notUri) {
      return Optional.of("not a URL; write for example http://127.0.0.1:2379");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme();
    if (SOCKETS.contains(scheme)) {
      return problemWithSocket(uri, unixSockets);
    }
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("a URL needs a scheme; write for example http://127.0.0.1:2379");
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

  /** Whether it names a socket in the file system instead of an address of the network. */
  public boolean isUnixSocket() {
    return SOCKETS.contains(scheme);
  }

  /** Whether what is said there is protected by TLS. */
  public boolean isSecure() {
    return SECURE.contains(scheme);
  }

  /** {@code host:port}, with brackets around an IPv6 address; the path of a Unix socket. */
  public String hostAndPort() {
    if (isUnixSocket()) {
      return host;
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** As it is written in flags and told to clients. */
  @Override
  public String toString() {
    return scheme + "://" + hostAndPort();
  }
}
