package io.holdfast.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.kv.DeleteResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.PutResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseTimeToLiveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's own Java client, unmodified, against one Holdfast member. */
class JetcdIT {
  private static final long SECONDS_MAX = 30;

  @TempDir static Path directory;

  private static Cluster cluster;
  private static Client client;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Flavor.underTest(), 1, directory);
    client = Client.builder().endpoints("http://" + cluster.endpoints()).build();
  }

  @AfterAll
  static void stop() {
    if (client != null) {
      client.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void putsGetsAndDeletes() throws Exception {
    KV kv = client.getKVClient();
    PutResponse first = done(kv.put(bytes("kv/a"), bytes("1")));
    PutResponse second =
        done(kv.put(bytes("kv/a"), bytes("2"), PutOption.builder().withPrevKV().build()));
    assertEquals(first.getHeader().getRevision() + 1, second.getHeader().getRevision());
    assertEquals("1", text(second.getPrevKv().getValue()));

    KeyValue found = done(kv.get(bytes("kv/a"))).getKvs().get(0);
    assertEquals("2", text(found.getValue()));
    assertEquals(2, found.getVersion());
    assertEquals(first.getHeader().getRevision(), found.getCreateRevision());

    GetOption atFirst = GetOption.builder().withRevision(first.getHeader().getRevision()).build();
    assertEquals("1", text(done(kv.get(bytes("kv/a"), atFirst)).getKvs().get(0).getValue()));

    DeleteResponse deleted =
        done(kv.delete(bytes("kv/a"), DeleteOption.builder().withPrevKV(true).build()));
    assertEquals(1, deleted.getDeleted());
    assertEquals("2", text(deleted.getPrevKvs().get(0).getValue()));
    assertEquals(0, done(kv.get(bytes("kv/a"))).getCount());
  }

  @Test
  void readsRangesSortedAndLimited() throws Exception {
    KV kv = client.getKVClient();
    for (int i = 0; i < 10; i++) {
      done(kv.put(bytes("range/" + i), bytes(String.valueOf(9 - i))));
    }
    GetOption newestFirst =
        GetOption.builder()
            .isPrefix(true)
            .withSortField(GetOption.SortTarget.VALUE)
            .withSortOrder(GetOption.SortOrder.DESCEND)
            .withLimit(3)
            .build();
    GetResponse response = done(kv.get(bytes("range/"), newestFirst));
    assertEquals(10, response.getCount());
    assertTrue(response.isMore());
    assertEquals(
        List.of("range/0", "range/1", "range/2"),
        response.getKvs().stream().map(found -> text(found.getKey())).toList());
  }

  @Test
  void runsTransactions() throws Exception {
    KV kv = client.getKVClient();
    done(kv.put(bytes("txn/a"), bytes("1")));
    TxnResponse taken =
        done(
            kv.txn()
                .If(new Cmp(bytes("txn/a"), Cmp.Op.EQUAL, CmpTarget.value(bytes("1"))))
                .Then(Op.put(bytes("txn/b"), bytes("x"), PutOption.DEFAULT))
                .Else(Op.put(bytes("txn/c"), bytes("x"), PutOption.DEFAULT))
                .commit());
    assertTrue(taken.isSucceeded());
    assertEquals(1, taken.getPutResponses().size());
    TxnResponse refused =
        done(
            kv.txn()
                .If(new Cmp(bytes("txn/a"), Cmp.Op.GREATER, CmpTarget.version(7)))
                .Else(Op.get(bytes("txn/b"), GetOption.DEFAULT))
                .commit());
    assertFalse(refused.isSucceeded());
    assertEquals("x", text(refused.getGetResponses().get(0).getKvs().get(0).getValue()));
  }

  @Test
  void namesCompactedRevisions() throws Exception {
    KV kv = client.getKVClient();
    long revision = done(kv.put(bytes("compact/a"), bytes("1"))).getHeader().getRevision();
    done(kv.put(bytes("compact/a"), bytes("2")));
    long newest = done(kv.put(bytes("compact/a"), bytes("3"))).getHeader().getRevision();
    done(kv.compact(newest));
    GetOption old = GetOption.builder().withRevision(revision).build();
    ExecutionException refused =
        assertThrows(ExecutionException.class, () -> done(kv.get(bytes("compact/a"), old)));
    assertTrue(refused.getCause().getMessage().contains("has been compacted"), refused.toString());
  }

  @Test
  void watchesFromNowAndFromHistory() throws Exception {
    KV kv = client.getKVClient();
    long start = done(kv.put(bytes("watch/old"), bytes("0"))).getHeader().getRevision();
    BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    WatchOption option =
        WatchOption.builder().isPrefix(true).withPrevKV(true).withRevision(start).build();
    try (Watch.Watcher watcher =
        client
            .getWatchClient()
            .watch(bytes("watch/"), option, response -> events.addAll(response.getEvents()))) {
      assertEquals("watch/old", text(next(events).getKeyValue().getKey()));
      done(kv.put(bytes("watch/a"), bytes("1")));
      done(kv.put(bytes("watch/a"), bytes("2")));
      done(kv.delete(bytes("watch/a")));
      assertEquals("1", text(next(events).getKeyValue().getValue()));
      WatchEvent second = next(events);
      assertEquals("2", text(second.getKeyValue().getValue()));
      assertEquals("1", text(second.getPrevKV().getValue()));
      assertEquals(WatchEvent.EventType.DELETE, next(events).getEventType());
    }
  }

  @Test
  void cancelsAWatchOfACompactedRevision() throws Exception {
    KV kv = client.getKVClient();
    done(kv.put(bytes("gone/a"), bytes("1")));
    long newest = done(kv.put(bytes("gone/a"), bytes("2"))).getHeader().getRevision();
    done(kv.compact(newest));
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    WatchOption option = WatchOption.builder().withRevision(newest - 1).build();
    try (Watch.Watcher watcher =
        client
            .getWatchClient()
            .watch(bytes("gone/a"), option, Watch.listener(response -> {}, failure::complete))) {
      assertEquals(
          newest, assertInstanceOf(CompactedException.class, done(failure)).getCompactedRevision());
    }
  }

  @Test
  void grantsKeepsAndRevokesLeases() throws Exception {
    Lease lease = client.getLeaseClient();
    KV kv = client.getKVClient();
    long id = done(lease.grant(60)).getID();
    done(kv.put(bytes("lease/a"), bytes("1"), PutOption.builder().withLeaseId(id).build()));
    LeaseTimeToLiveResponse life =
        done(lease.timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
    assertEquals(60, life.getGrantedTTL());
    assertEquals(List.of("lease/a"), life.getKeys().stream().map(JetcdIT::text).toList());
    assertEquals(60, done(lease.keepAliveOnce(id)).getTTL());
    done(lease.revoke(id));
    assertEquals(0, done(kv.get(bytes("lease/a"))).getCount());
    ExecutionException unknown =
        assertThrows(ExecutionException.class, () -> done(lease.revoke(id)));
    assertTrue(unknown.getCause().getMessage().contains("requested lease not found"));
  }

  @Test
  void expiresALeaseThatNobodyKeeps() throws Exception {
    Lease lease = client.getLeaseClient();
    long id = done(lease.grant(1)).getID();
    CountDownLatch deleted = new CountDownLatch(1);
    try (Watch.Watcher watcher =
        client
            .getWatchClient()
            .watch(
                bytes("expire/a"),
                response ->
                    response.getEvents().stream()
                        .filter(event -> event.getEventType() == WatchEvent.EventType.DELETE)
                        .forEach(event -> deleted.countDown()))) {
      done(
          client
              .getKVClient()
              .put(bytes("expire/a"), bytes("1"), PutOption.builder().withLeaseId(id).build()));
      assertTrue(deleted.await(SECONDS_MAX, TimeUnit.SECONDS));
    }
  }

  private static WatchEvent next(BlockingQueue<WatchEvent> events) throws InterruptedException {
    WatchEvent event = events.poll(SECONDS_MAX, TimeUnit.SECONDS);
    assertTrue(event != null, "no event came");
    return event;
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
