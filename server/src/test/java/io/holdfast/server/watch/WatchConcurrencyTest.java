package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.WriteTxn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One writer, one thread that catches up, and clients that read and come and go as they like. */
class WatchConcurrencyTest {
  private static final int REVISIONS = 20_000;
  private static final int CLIENTS = 4;
  private static final int QUEUE_MAX = 8;

  @TempDir Path directory;

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void everyClientSeesEveryRevisionOnceWhateverTheTiming() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    ExecutorService catchUp = Executors.newSingleThreadExecutor();
    ExecutorService readers = Executors.newFixedThreadPool(CLIENTS);
    try (Backend backend =
        Backend.open(directory.resolve("store"), new BackendOptions(1 << 20, 0))) {
      MvccStore store = MvccStore.open(backend, new MvccOptions(1 << 20));
      WatchHubOptions options = new WatchHubOptions(2000, 20_000, 1);
      WatchHub hub = new WatchHub(store, catchUp, options, failure::set);
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Client client = new Client(hub, failure);
        clients.add(client);
        readers.execute(client);
      }
      write(store, hub);
      for (Client client : clients) {
        client.done.await();
      }
      assertEquals(null, failure.get());
      assertTrue(clients.stream().allMatch(client -> client.resumptions > 0));
      assertEquals(0, hub.figures().watchers());
      assertEquals(0, hub.figures().slowWatchers());
    } finally {
      readers.shutdownNow();
      catchUp.shutdownNow();
    }
  }

  private static void write(MvccStore store, WatchHub hub) {
    for (int i = 0; i < REVISIONS; i++) {
      WriteTxn txn = store.beginWrite();
      txn.put(Key.of("k" + i % 10), HubFixture.bytes("v" + i), 0);
      txn.end();
      if (i % 7 == 0 || i == REVISIONS - 1) {
        hub.batchApplied();
        hub.tick(i);
      }
    }
  }

  /** Reads with a small queue; now and then gives up its watcher and resumes with another. */
  private static final class Client implements Runnable, WatchSink {
    private final Queue<WatchMessage> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicReference<Throwable> failure;
    private final WatchStream stream;
    private final CountDownLatch done = new CountDownLatch(1);
    private long lastRevision = 1;
    private long watchId = -1;
    private int messages;
    private int resumptions;

    Client(WatchHub hub, AtomicReference<Throwable> failure) {
      this.failure = failure;
      this.stream = hub.open(this);
    }

    @Override
    public boolean isReady() {
      return queued.get() < QUEUE_MAX;
    }

    @Override
    public void deliver(WatchMessage message) {
      queued.incrementAndGet();
      queue.add(message);
    }

    @Override
    public void run() {
      try {
        stream.create(WatchRequest.of(KeyRange.all(), 1));
        while (lastRevision < REVISIONS + 1) {
          WatchMessage message = queue.poll();
          if (message == null) {
            Thread.onSpinWait();
            continue;
          }
          if (queued.getAndDecrement() == QUEUE_MAX) {
            stream.ready();
          }
          take(message);
        }
        stream.close();
      } catch (RuntimeException | Error e) {
        failure.set(e);
      } finally {
        done.countDown();
      }
    }

    private void take(WatchMessage message) {
      if (message instanceof WatchMessage.Created created) {
        watchId = created.watchId();
      } else if (message instanceof WatchMessage.Events events && events.watchId() == watchId) {
        for (Event event : events.batch().events()) {
          assertEquals(++lastRevision, event.keyValue().modRevision());
        }
        assertTrue(events.revision() >= lastRevision);
        if (++messages % 3 == 0) {
          resumptions++;
          stream.cancel(watchId);
          watchId = -1;
          stream.create(WatchRequest.of(KeyRange.all(), lastRevision + 1));
        }
      }
    }
  }
}
