package io.holdfast.clients;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A real etcd, one member of Holdfast, and three that form a cluster. */
final class Stores implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<Cluster> clusters = new ArrayList<>();

  private Stores() {}

  static Stores start(Path directory) {
    Stores stores = new Stores();
    try {
      stores.clusters.add(Cluster.start(Flavor.ETCD, 1, directory.resolve("etcd")));
      stores.clusters.add(Cluster.start(Flavor.underTest(), 1, directory.resolve("one")));
      stores.clusters.add(Cluster.start(Flavor.underTest(), 3, directory.resolve("three")));
      return stores;
    } catch (RuntimeException e) {
      stores.close();
      throw e;
    }
  }

  String etcd() {
    return clusters.get(0).endpoints();
  }

  String one() {
    return clusters.get(1).endpoints();
  }

  /** All three, the leader last: a client that takes the first one talks to a follower. */
  String three() {
    Cluster three = clusters.get(2);
    MemberProcess leader = three.awaitLeader(PATIENCE);
    List<String> endpoints = new ArrayList<>(three.endpointList());
    endpoints.remove(leader.endpoint());
    endpoints.add(leader.endpoint());
    return String.join(",", endpoints);
  }

  /** The ends of the members' logs, for the message of a failed test. */
  String logTails() {
    return clusters.get(1).logTails() + clusters.get(2).logTails();
  }

  @Override
  public void close() {
    clusters.forEach(Cluster::close);
  }
}
