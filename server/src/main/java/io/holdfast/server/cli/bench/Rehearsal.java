package io.holdfast.server.cli.bench;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.MoveLeaderRequest;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.StatusResponse;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A bit of every load on a cluster, with its first member as leader and then as follower. Nothing
 * is measured: it is for the members to get into practice.
 */
public final class Rehearsal {
  private static final int KEYS = 1_000;
  private static final int KEY_BYTES = 18;
  private static final int VALUE_BYTES = 256;
  private static final int CLIENTS = 64;
  private static final int CONNECTIONS = 9;
  private static final long CALL_SECONDS_MAX = 10;
  private static final List<String> PAGES =
      List.of("/health", "/livez", "/readyz?verbose", "/version", "/metrics");
  private static final String PUT_AS_JSON = "{\"key\":\"cmVoZWFyc2Fs\",\"value\":\"eWVz\"}";

  private final Target cluster;
  private final List<String> endpoints;

  private Rehearsal(Target cluster, List<String> endpoints) {
    this.cluster = cluster;
    this.endpoints = endpoints;
  }

  /**
   * @param endpoints of the members, {@code host:port}
   */
  public static void run(List<String> endpoints) throws IOException, InterruptedException {
    Target cluster = new Target("rehearsal", endpoints, List.of(), CONNECTIONS);
    try {
      Rehearsal rehearsal = new Rehearsal(cluster, endpoints);
      for (int leader = 0; leader < Math.min(2, endpoints.size()); leader++) {
        rehearsal.lead(leader);
        rehearsal.loads();
        rehearsal.pages();
      }
    } finally {
      cluster.close();
    }
  }

  private void loads() {
    Loads many = new Loads("rehearsal/", KEYS, KEY_BYTES, VALUE_BYTES, CLIENTS);
    Loads one = new Loads("rehearsal/", KEYS, KEY_BYTES, VALUE_BYTES, 1);
    load(many.put(), 2.5);
    load(one.put(), 1.5);
    load(many.get(false), 0.7);
    load(one.get(false), 0.3);
    load(many.range(KEYS / 10, false), 0.4);
    load(many.txn(), 0.7);
    load(one.watch(100, 10, false), 0.7);
  }

  private void load(Workload workload, double seconds) {
    Runner runner = new Runner(new PrintStream(PrintStream.nullOutputStream()), false);
    runner.run(List.of(cluster), workload, 0, 1, () -> Limit.seconds(seconds));
  }

  /** Makes a member the leader; where that fails, the rehearsal goes on with the one there is. */
  private void lead(int member) {
    StatusResponse heir = status(member);
    for (int i = 0; i < endpoints.size(); i++) {
      StatusResponse status = status(i);
      boolean leads = status.getLeader() == status.getHeader().getMemberId();
      if (leads && i != member) {
        try {
          maintenance(i)
              .moveLeader(
                  MoveLeaderRequest.newBuilder()
                      .setTargetID(heir.getHeader().getMemberId())
                      .build());
        } catch (StatusRuntimeException e) {
          System.err.println("the leadership stays where it is: " + e.getStatus());
        }
      }
    }
  }

  private StatusResponse status(int member) {
    return maintenance(member).status(StatusRequest.getDefaultInstance());
  }

  private MaintenanceGrpc.MaintenanceBlockingStub maintenance(int member) {
    Channel channel = cluster.channel(member);
    return MaintenanceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS);
  }

  private void pages() throws IOException, InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    String base = "http://" + endpoints.get(0);
    for (String page : PAGES) {
      client.send(request(base + page).build(), HttpResponse.BodyHandlers.discarding());
    }
    client.send(
        request(base + "/v3/kv/put").POST(HttpRequest.BodyPublishers.ofString(PUT_AS_JSON)).build(),
        HttpResponse.BodyHandlers.discarding());
  }

  private static HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(CALL_SECONDS_MAX));
  }
}
