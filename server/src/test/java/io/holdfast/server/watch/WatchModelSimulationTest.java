package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.WriteTxn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random writes, compactions, slow clients, cancellations and resumptions; every message is checked
 * against the whole history by {@link ModelClient}.
 */
class WatchModelSimulationTest {
  private static final int SEEDS = 40;
  private static final int STEPS = 1500;
  private static final int CLIENTS_MAX = 5;

  @TempDir Path directory;

  @Test
  void everyWatcherSeesItsHistoryOnceInOrderAndWhole() throws Exception {
    long events = 0;
    long compactions = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      try (Run run = new Run(Files.createDirectory(directory.resolve("s" + seed)), seed)) {
        run.all();
        events += run.eventsSeen;
        compactions += run.compactions;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertTrue(events > 10_000, "the runs were too quiet: " + events + " events");
    assertTrue(compactions > 50, "too few watchers lost their history: " + compactions);
  }

  /** One seed's run. */
  private static final class Run implements AutoCloseable {
    private final Random random;
    private final HubFixture fixture;
    private final ModelHistory history = new ModelHistory();
    private final List<ModelClient> clients = new ArrayList<>();
    private final List<WatchStream> streams = new ArrayList<>();
    private long eventsSeen;
    private long compactions;
    private long nowNanos;

    Run(Path home, long seed) {
      random = new Random(seed);
      fixture = new HubFixture(home, new WatchHubOptions(200, seed % 2 * 2000, 50));
    }

    void all() {
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      fixture.hub.batchApplied();
      fixture.hub.handOutGathered();
      for (int i = 0; i < clients.size(); i++) {
        clients.get(i).credit = Integer.MAX_VALUE;
        streams.get(i).ready();
      }
      fixture.catchUp();
      clients.forEach(ModelClient::checkComplete);
      assertEquals(0, fixture.hub.figures().slowWatchers());
      int watchers = clients.stream().mapToInt(client -> client.ids().size()).sum();
      assertEquals(watchers, fixture.hub.figures().watchers());
      while (!clients.isEmpty()) {
        closeClient();
      }
      assertEquals(0, fixture.hub.figures().watchers());
    }

    private void step() {
      switch (random.nextInt(18)) {
        case 0 -> openClient();
        case 1, 2 -> withClient(this::create);
        case 3 -> withClient(this::cancelAndPerhapsResume);
        case 4 -> fixture.hub.tick(nowNanos += random.nextInt(40));
        case 5 -> withClient((client, stream) -> stream.requestProgress());
        case 6, 7 -> withClient(this::read);
        case 8, 9 -> runTask();
        case 10 -> compactNowAndThen();
        case 11 -> fixture.hub.batchApplied();
        case 12, 13 -> withClient(this::workOrRest);
        default -> write();
      }
    }

    private interface ClientAction {
      void act(ModelClient client, WatchStream stream);
    }

    private void withClient(ClientAction action) {
      if (!clients.isEmpty()) {
        int position = random.nextInt(clients.size());
        action.act(clients.get(position), streams.get(position));
      }
    }

    private void openClient() {
      if (clients.size() == CLIENTS_MAX) {
        closeClient();
      }
      ModelClient client = new ModelClient(history, fixture.store);
      client.credit = random.nextInt(4);
      clients.add(client);
      streams.add(fixture.hub.open(client));
    }

    private void closeClient() {
      int position = random.nextInt(clients.size());
      ModelClient client = clients.remove(position);
      WatchStream stream = streams.remove(position);
      stream.close();
      if (client.busy) {
        stream.idle();
      }
      eventsSeen += client.eventsSeen;
      compactions += client.compactions;
    }

    private void create(ModelClient client, WatchStream stream) {
      long start = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt((int) history.revision() + 3);
      client.create(
          stream,
          new WatchRequest(
              0,
              range(),
              start,
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextInt(5) == 0,
              random.nextInt(5) == 0));
    }

    private void cancelAndPerhapsResume(ModelClient client, WatchStream stream) {
      List<Long> ids = client.ids();
      if (ids.isEmpty()) {
        return;
      }
      long id = ids.get(random.nextInt(ids.size()));
      long resume = client.resumeRevision(id);
      WatchRequest request = client.request(id);
      stream.cancel(id);
      if (random.nextBoolean()) {
        client.create(
            stream,
            new WatchRequest(
                0,
                request.range(),
                resume,
                request.previousWanted(),
                request.progressNotify(),
                request.withoutPuts(),
                request.withoutDeletes()));
      }
    }

    private void workOrRest(ModelClient client, WatchStream stream) {
      client.busy = !client.busy;
      if (client.busy) {
        stream.busy();
      } else {
        stream.idle();
      }
    }

    private void read(ModelClient client, WatchStream stream) {
      client.credit += 1 + random.nextInt(4);
      stream.ready();
    }

    private void runTask() {
      Runnable task = fixture.tasks.poll();
      if (task != null) {
        task.run();
      }
    }

    private void compactNowAndThen() {
      long current = history.revision();
      long lowest = Math.max(1, fixture.store.compactRevision() + 1);
      if (random.nextInt(4) == 0 && lowest <= current) {
        // As the applier does it: what happened before is handed out first.
        fixture.hub.batchApplied();
        fixture.hub.handOutGathered();
        fixture.store.compact(lowest + random.nextInt((int) (current - lowest + 1)));
      }
      fixture.store.compactStep(1 + random.nextInt(50));
    }

    private void write() {
      WriteTxn txn = fixture.store.beginWrite();
      boolean begun = false;
      int first = random.nextInt(8);
      for (int i = random.nextInt(4); i >= 0; i--) {
        String key = "k" + (first + i) % 8;
        boolean delete = random.nextInt(4) == 0;
        if (delete && !history.holds(key)) {
          continue;
        }
        if (!begun) {
          history.beginRevision(history.revision() + 1);
          begun = true;
        }
        if (delete) {
          txn.deleteRange(KeyRange.single(Key.of(key)));
          history.delete(key);
        } else {
          String value = "v" + random.nextInt(1000);
          txn.put(Key.of(key), HubFixture.bytes(value), 0);
          history.put(key, value);
        }
      }
      assertEquals(history.revision(), txn.end());
    }

    private KeyRange range() {
      String key = "k" + random.nextInt(8);
      return switch (random.nextInt(4)) {
        case 0 -> KeyRange.all();
        case 1 -> KeyRange.fromKey(HubFixture.bytes(key));
        case 2 -> KeyRange.of(HubFixture.bytes(key), HubFixture.bytes("k9"));
        default -> HubFixture.single(key);
      };
    }

    @Override
    public void close() {
      fixture.close();
    }
  }
}
