package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tries every address the member is to listen on before anything is written to disk, so that a port
 * in use is found while a start can still be taken back without a trace.
 */
final class Ports {
  private Ports() {}

  /**
   * @throws StartupException naming the first address that cannot be listened on
   */
  static void check(ServerOptions options) {
    Map<SocketAddress, Flag> taken = new HashMap<>();
    check(Flags.LISTEN_CLIENT_URLS, options.listenClientUrls(), taken);
    check(Flags.LISTEN_CLIENT_HTTP_URLS, options.listenClientHttpUrls(), taken);
    check(Flags.LISTEN_PEER_URLS, options.listenPeerUrls(), taken);
    check(Flags.LISTEN_METRICS_URLS, options.listenMetricsUrls(), taken);
  }

  private static void check(Flag flag, List<MemberUrl> urls, Map<SocketAddress, Flag> taken) {
    for (MemberUrl url : urls) {
      SocketAddress address = address(flag, url);
      Flag other = url.port() == 0 ? null : taken.putIfAbsent(address, flag);
      if (other != null) {
        throw new StartupException(
            "--" + flag.name() + "=" + url + ": --" + other.name() + " has the same address");
      }
      try {
        tryToListen(address);
      } catch (IOException refused) {
        throw new StartupException(
            "cannot listen on "
                + url
                + ": "
                + refused.getMessage()
                + "; stop what uses the address or change --"
                + flag.name(),
            refused);
      }
    }
  }

  private static void tryToListen(SocketAddress address) throws IOException {
    if (address instanceof UnixDomainSocketAddress file) {
      SocketFile.check(file);
      return;
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    }
  }

  /** The addresses of a flag's URLs, for those who listen. */
  static List<SocketAddress> addresses(Flag flag, List<MemberUrl> urls) {
    return urls.stream().map(url -> address(flag, url)).toList();
  }

  private static SocketAddress address(Flag flag, MemberUrl url) {
    if (url.isUnixSocket()) {
      return UnixDomainSocketAddress.of(url.host());
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(url.host()), url.port());
    } catch (UnknownHostException unknown) {
      throw new StartupException(
          "--" + flag.name() + "=" + url + ": this machine does not know the name " + url.host(),
          unknown);
    }
  }
}
