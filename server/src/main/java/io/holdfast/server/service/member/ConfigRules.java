package io.holdfast.server.service.member;

import io.holdfast.server.error.StartupException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** What must hold of a configuration whenever a member starts. */
final class ConfigRules {
  private static final int ELECTION_MILLIS_MAX = 50_000;

  private ConfigRules() {}

  /**
   * @throws StartupException with the flag that is wrong and how to mend it
   */
  static void check(MemberConfig config) {
    checkUrls("--listen-peer-urls", config.listenPeerUrls());
    checkClientUrls("--advertise-client-urls", config.advertiseClientUrls());
    if (config.heartbeatIntervalMillis() <= 0) {
      throw new StartupException(
          "--heartbeat-interval is "
              + config.heartbeatIntervalMillis()
              + ": give a number of milliseconds above 0");
    }
    if (config.electionTimeoutMillis() < 5 * config.heartbeatIntervalMillis()) {
      throw new StartupException(
          "--election-timeout is "
              + config.electionTimeoutMillis()
              + " ms: give at least five times --heartbeat-interval ("
              + config.heartbeatIntervalMillis()
              + " ms)");
    }
    if (config.electionTimeoutMillis() > ELECTION_MILLIS_MAX) {
      throw new StartupException(
          "--election-timeout is " + config.electionTimeoutMillis() + " ms: give at most 50000");
    }
    if (config.snapshotCount() < 1 || config.snapshotCatchupEntries() < 1) {
      throw new StartupException("--snapshot-count and --snapshot-catchup-entries must be above 0");
    }
    if (config.maxLearners() < 0) {
      throw new StartupException("--max-learners is " + config.maxLearners() + ": give 0 or more");
    }
    if (config.maxRequestBytes() < 1 || config.maxTxnOps() < 1) {
      throw new StartupException("--max-request-bytes and --max-txn-ops must be above 0");
    }
  }

  /** Where peers are to be listened to. */
  static List<InetSocketAddress> peerAddresses(MemberConfig config) {
    return config.listenPeerUrls().stream()
        .map(URI::create)
        .map(url -> new InetSocketAddress(url.getHost(), url.getPort()))
        .toList();
  }

  static void checkUrls(String flag, List<String> urls) {
    checkUrls(flag, urls, false);
  }

  /** Clients may also be told of sockets in the file system. */
  private static void checkClientUrls(String flag, List<String> urls) {
    checkUrls(flag, urls, true);
  }

  private static void checkUrls(String flag, List<String> urls, boolean unixSockets) {
    if (urls.isEmpty()) {
      throw new StartupException(flag + " has no URL: give one such as http://127.0.0.1:2380");
    }
    for (String url : urls) {
      try {
        URI uri = new URI(url);
        if (unixSockets && "unix".equals(uri.getScheme())) {
          continue;
        }
        boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!web || uri.getHost() == null || uri.getPort() < 0) {
          throw new StartupException(
              flag + " has \"" + url + "\": give scheme, host and port, as http://127.0.0.1:2380");
        }
      } catch (URISyntaxException e) {
        throw new StartupException(
            flag + " has \"" + url + "\", which is no URL: " + e.getReason(), e);
      }
    }
  }
}
