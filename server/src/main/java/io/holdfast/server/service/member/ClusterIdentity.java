package io.holdfast.server.service.member;

import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.membership.ConfState;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who is who in the cluster, computed from its configuration exactly as etcd does: a member's id is
 * the head of a SHA-1 over its sorted peer URLs and the cluster's token, the cluster's id is the
 * head of a SHA-1 over the sorted ids of its members. Members that were given different
 * configurations so compute different ids and refuse each other.
 *
 * @param memberId this member's id; unsigned
 * @param peerUrlsById the peer URLs of every member
 * @param nameById the configured name of every member
 */
record ClusterIdentity(
    long clusterId,
    long memberId,
    SortedMap<Long, List<String>> peerUrlsById,
    SortedMap<Long, String> nameById) {

  /**
   * @throws StartupException when the configuration contradicts itself
   */
  static ClusterIdentity of(MemberConfig config) {
    checkConfig(config);
    SortedMap<Long, List<String>> urlsById = new TreeMap<>(Long::compareUnsigned);
    SortedMap<Long, String> nameById = new TreeMap<>(Long::compareUnsigned);
    for (Map.Entry<String, List<String>> member : config.initialCluster().entrySet()) {
      long id = memberId(member.getValue(), config.initialClusterToken());
      String other = nameById.put(id, member.getKey());
      if (other != null) {
        throw new StartupException(
            "members \""
                + other
                + "\" and \""
                + member.getKey()
                + "\" have the same peer URLs "
                + member.getValue()
                + ": give each its own in --initial-cluster");
      }
      urlsById.put(id, List.copyOf(member.getValue()));
    }
    return new ClusterIdentity(
        clusterId(urlsById.keySet()),
        memberId(config.initialCluster().get(config.name()), config.initialClusterToken()),
        Collections.unmodifiableSortedMap(urlsById),
        Collections.unmodifiableSortedMap(nameById));
  }

  /** Whether this member is alone in its cluster. */
  boolean isAlone() {
    return peerUrlsById.size() == 1;
  }

  /** The first membership: every member votes. */
  ConfState confState() {
    return ConfState.ofVoters(peerUrlsById.keySet());
  }

  static long memberId(List<String> peerUrls, String token) {
    List<String> sorted = new ArrayList<>(peerUrls);
    Collections.sort(sorted);
    return head((String.join("", sorted) + token).getBytes(StandardCharsets.UTF_8));
  }

  /** The id of the cluster that has exactly these members, given in unsigned order. */
  static long clusterId(Iterable<Long> sortedIds) {
    ByteBuffer bytes = ByteBuffer.allocate(0);
    for (Long id : sortedIds) {
      bytes = ByteBuffer.allocate(bytes.capacity() + Long.BYTES).put(bytes.array()).putLong(id);
    }
    return head(bytes.array());
  }

  private static long head(byte[] bytes) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-1").digest(bytes)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }

  private static void checkConfig(MemberConfig config) {
    List<String> own = config.initialCluster().get(config.name());
    if (own == null) {
      throw new StartupException(
          "--initial-cluster has no member named \""
              + config.name()
              + "\": name this member there, or correct --name");
    }
    List<String> advertised = new ArrayList<>(config.initialAdvertisePeerUrls());
    List<String> configured = new ArrayList<>(own);
    Collections.sort(advertised);
    Collections.sort(configured);
    if (!advertised.equals(configured)) {
      throw new StartupException(
          "--initial-cluster has "
              + config.name()
              + "="
              + String.join(",", own)
              + " but --initial-advertise-peer-urls is "
              + String.join(",", config.initialAdvertisePeerUrls())
              + ": make them the same");
    }
    config
        .initialCluster()
        .forEach((name, urls) -> checkUrls("--initial-cluster, member \"" + name + "\"", urls));
    checkUrls("--listen-peer-urls", config.listenPeerUrls());
    checkUrls("--advertise-client-urls", config.advertiseClientUrls());
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
    if (config.electionTimeoutMillis() > 50_000) {
      throw new StartupException(
          "--election-timeout is " + config.electionTimeoutMillis() + " ms: give at most 50000");
    }
    if (config.snapshotCount() < 1 || config.snapshotCatchupEntries() < 1) {
      throw new StartupException("--snapshot-count and --snapshot-catchup-entries must be above 0");
    }
    if (config.maxRequestBytes() < 1 || config.maxTxnOps() < 1) {
      throw new StartupException("--max-request-bytes and --max-txn-ops must be above 0");
    }
  }

  private static void checkUrls(String flag, List<String> urls) {
    if (urls.isEmpty()) {
      throw new StartupException(flag + " has no URL: give one such as http://127.0.0.1:2380");
    }
    for (String url : urls) {
      try {
        URI uri = new URI(url);
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
