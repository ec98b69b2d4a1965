package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Bootstrap;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.membership.ConfChange;
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
 * A cluster that is to be, computed from its configuration exactly as etcd does: a member's id is
 * the head of a SHA-1 over its sorted peer URLs and the cluster's token, the cluster's id is the
 * head of a SHA-1 over the sorted ids of its members. Members that were given different
 * configurations so compute different ids and refuse each other.
 *
 * <p>Each founder begins its log with the same first entry, which holds the first membership.
 *
 * @param identity of this member
 * @param founders every first member, in the unsigned order of their ids
 */
record Founding(MemberIdentity identity, List<MemberRecord> founders) {
  /** As many as the first entry of a log can hold. */
  private static final int FOUNDERS_MAX = ConfChange.STEPS_MAX;

  /**
   * @throws StartupException when the configuration contradicts itself
   */
  static Founding of(MemberConfig config) {
    checkInitialCluster(config);
    SortedMap<Long, MemberRecord> byId = new TreeMap<>(Long::compareUnsigned);
    for (Map.Entry<String, List<String>> member : config.initialCluster().entrySet()) {
      long id = memberId(member.getValue(), config.initialClusterToken());
      MemberRecord other =
          byId.put(id, new MemberRecord(id, member.getKey(), member.getValue(), List.of(), false));
      if (other != null) {
        throw new StartupException(
            "members \""
                + other.name()
                + "\" and \""
                + member.getKey()
                + "\" have the same peer URLs "
                + member.getValue()
                + ": give each its own in --initial-cluster");
      }
    }
    long own = memberId(config.initialCluster().get(config.name()), config.initialClusterToken());
    return new Founding(
        new MemberIdentity(clusterId(byId.keySet()), own), List.copyOf(byId.values()));
  }

  /** Whether this member founds the cluster alone. */
  boolean isAlone() {
    return founders.size() == 1;
  }

  /** The first membership. */
  Membership membership() {
    return Membership.founding(founders);
  }

  /** What the founders' logs begin with. */
  Restored firstState() {
    byte[] context =
        new CommandCodec().encode(Command.Founding.REQUEST_ID, new Command.Founding(founders));
    return Bootstrap.founding(founders.stream().map(MemberRecord::memberId).toList(), context);
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

  /** Checks what only matters to a member that has not begun yet. */
  static void checkInitialCluster(MemberConfig config) {
    List<String> own = config.initialCluster().get(config.name());
    if (own == null) {
      throw new StartupException(
          "--initial-cluster has no member named \""
              + config.name()
              + "\": name this member there, or correct --name");
    }
    if (config.initialCluster().size() > FOUNDERS_MAX) {
      throw new StartupException(
          "--initial-cluster has "
              + config.initialCluster().size()
              + " members: begin with at most "
              + FOUNDERS_MAX);
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
        .forEach(
            (name, urls) ->
                ConfigRules.checkUrls("--initial-cluster, member \"" + name + "\"", urls));
  }
}
