package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.fault.FrameProxy;
import io.holdfast.harness.fault.FrameProxy.Mischief;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Single messages between members are lost, repeated, overtaken and late while the connections stay
 * up. Writes go on, what clients saw has one order, and all members tell the same history.
 */
class UnreliableNetworkIT {
  private static final long SECONDS = Long.getLong("holdfast.unreliable.seconds", 10);
  private static final long SEED =
      Long.getLong("holdfast.seed", ThreadLocalRandom.current().nextInt(1_000_000));
  private static final Mischief MISCHIEF = new Mischief(30, 50, 80, 60);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int MEMBERS = 3;

  @TempDir Path directory;

  @Test
  void historyHoldsOverAnUnreliableNetwork() throws Exception {
    Map<Integer, FrameProxy> proxies = new TreeMap<>();
    Cluster.Plan plan =
        new Cluster.Plan(Flavor.HOLDFAST, MEMBERS, directory)
            .advertisedPeerPorts(
                port -> {
                  FrameProxy proxy = FrameProxy.before(port, SEED + proxies.size());
                  proxies.put(port, proxy);
                  return proxy.port();
                });
    try (Cluster cluster = plan.start();
        RecordedClients clients = RecordedClients.ofOneMemberEach(cluster.endpointList())) {
      clients.start(3, 1);
      proxies.values().forEach(proxy -> proxy.set(MISCHIEF));
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      while (System.nanoTime() < end) {
        awaitWrites(clients);
      }
      proxies.values().forEach(proxy -> proxy.set(Mischief.NONE));
      clients.stop();
      List<String> done = new ArrayList<>();
      proxies.values().forEach(proxy -> done.add(proxy.counts().toString()));
      System.out.printf("seed %d: %s; %s%n", SEED, done, clients.check());
      assertTrue(
          proxies.values().stream().allMatch(proxy -> proxy.counts().troubled() > 0),
          "a member's messages were left alone");
    } finally {
      proxies.values().forEach(FrameProxy::close);
    }
  }

  private static void awaitWrites(RecordedClients clients) throws InterruptedException {
    long wanted = clients.writes() + 10;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.writes() < wanted) {
      assertTrue(System.nanoTime() < end, "no progress: " + clients.lastFailure());
      Thread.sleep(5);
    }
  }
}
