package io.holdfast.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NoLeaderException;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.lock.LockResponse;
import io.etcd.jetcd.options.GetOption;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Lock and Election clients of etcd's own Java client, unmodified, against three members. */
class JetcdLockIT {
  private static final long SECONDS_MAX = 60;

  @TempDir static Path directory;

  private static Cluster cluster;
  private static Client client;
  private static Client other;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Flavor.underTest(), 3, directory);
    client = Client.builder().endpoints("http://" + cluster.member(0).endpoint()).build();
    other = Client.builder().endpoints("http://" + cluster.member(1).endpoint()).build();
  }

  @AfterAll
  static void stop() {
    if (client != null) {
      client.close();
    }
    if (other != null) {
      other.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aLockGoesFromOneMembersClientToAnothers() throws Exception {
    LockResponse first = done(client.getLockClient().lock(bytes("lock"), lease(client)));
    assertTrue(text(first.getKey()).startsWith("lock/"));
    CompletableFuture<LockResponse> second =
        other.getLockClient().lock(bytes("lock"), lease(other));
    awaitCount("lock/", 2);
    assertFalse(second.isDone());
    done(client.getLockClient().unlock(first.getKey()));
    LockResponse held = done(second);
    assertTrue(held.getHeader().getRevision() > first.getHeader().getRevision(), "a fencing token");
    done(other.getLockClient().unlock(held.getKey()));
    awaitCount("lock/", 0);
  }

  @Test
  void aLockEndsWithItsLease() throws Exception {
    long lease = done(client.getLeaseClient().grant(2)).getID();
    done(client.getLockClient().lock(bytes("leased"), lease));
    LockResponse next = done(other.getLockClient().lock(bytes("leased"), lease(other)));
    awaitCount("leased/", 1);
    done(other.getLockClient().unlock(next.getKey()));
  }

  @Test
  void anElectionIsWonWatchedAndLost() throws Exception {
    Election election = client.getElectionClient();
    ByteSequence name = bytes("election");
    assertInstanceOf(NoLeaderException.class, failure(election.leader(name)));
    BlockingQueue<String> observed = new LinkedBlockingQueue<>();
    other
        .getElectionClient()
        .observe(
            name,
            new Election.Listener() {
              @Override
              public void onNext(LeaderResponse response) {
                observed.add(text(response.getKv().getValue()));
              }

              @Override
              public void onError(Throwable error) {
                observed.add("error " + error.getMessage());
              }

              @Override
              public void onCompleted() {
                observed.add("end");
              }
            });
    LeaderKey first = done(election.campaign(name, lease(client), bytes("one"))).getLeader();
    assertEquals("one", observed.poll(SECONDS_MAX, TimeUnit.SECONDS));
    CompletableFuture<CampaignResponse> second =
        other.getElectionClient().campaign(name, lease(other), bytes("two"));
    awaitCount("election/", 2);
    done(election.proclaim(first, bytes("uno")));
    assertEquals("uno", observed.poll(SECONDS_MAX, TimeUnit.SECONDS));
    assertEquals("uno", text(done(election.leader(name)).getKv().getValue()));
    assertFalse(second.isDone());
    done(election.resign(first));
    LeaderKey won = done(second).getLeader();
    assertTrue(won.getRevision() > first.getRevision(), "a fencing token");
    assertEquals("two", observed.poll(SECONDS_MAX, TimeUnit.SECONDS));
    assertInstanceOf(NotLeaderException.class, failure(election.proclaim(first, bytes("x"))));
    done(other.getElectionClient().resign(won));
  }

  private static Throwable failure(CompletableFuture<?> call) {
    return assertThrows(ExecutionException.class, () -> done(call)).getCause();
  }

  private static long lease(Client of) throws Exception {
    return done(of.getLeaseClient().grant(600)).getID();
  }

  private static void awaitCount(String prefix, long wanted) throws Exception {
    KV kv = client.getKVClient();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    GetOption all = GetOption.builder().isPrefix(true).withCountOnly(true).build();
    while (done(kv.get(bytes(prefix), all)).getCount() != wanted) {
      assertTrue(System.nanoTime() < end, wanted + " keys below " + prefix);
      Thread.sleep(10);
    }
  }

  private static <T> T done(CompletableFuture<T> future) throws Exception {
    return future.get(SECONDS_MAX, TimeUnit.SECONDS);
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static String text(ByteSequence bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
