package io.holdfast.scenarios;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.Watch;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import io.holdfast.history.Change;
import io.holdfast.history.CommittedHistory;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.Version;
import io.holdfast.history.WatchRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Sees everything that one member says happened, from the first revision on. */
final class RecordedWatcher implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String endpoint;
  private final WatchRecord record;
  private final Connection connection;
  private final Watch watch;
  private long revision;
  private Optional<String> end = Optional.empty();

  RecordedWatcher(String endpoint) {
    this.endpoint = endpoint;
    record = new WatchRecord("at " + endpoint, new KeyInterval("", "~"), 1, false, false, true);
    connection = Drivers.connect("etcd://" + endpoint + "/?backoffMax=100ms");
    watch =
        connection.watch(
            WatchRequest.of(RecordedClients.everything()).fromRevision(1).withPrevious(),
            new Listener());
  }

  /** What it was told; for after the watch has ended or is at rest. */
  synchronized WatchRecord record() {
    return record;
  }

  /** Waits until the watcher has been told of a revision. */
  synchronized void awaitRevision(long wanted) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (revision < wanted) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0 || end.isPresent()) {
        throw new AssertionError(
            record + " is at revision " + revision + ", not at " + wanted + ": " + end);
      }
      wait(left);
    }
  }

  /** Adds what it was told to the history that all members must agree on. */
  synchronized void tell(CommittedHistory committed) {
    TreeMap<Long, List<Change>> byRevision = new TreeMap<>();
    for (WatchRecord.Message message : record.messages()) {
      if (message instanceof WatchRecord.Events events) {
        for (WatchRecord.Event event : events.events()) {
          byRevision
              .computeIfAbsent(event.revision(), any -> new ArrayList<>())
              .add(event.change());
        }
      }
    }
    byRevision.forEach((at, changes) -> committed.add(at, changes, "the watcher at " + endpoint));
  }

  @Override
  public void close() {
    watch.close();
    connection.close();
  }

  private static WatchRecord.Event event(WatchEvent event) {
    Optional<Version> previous = event.previous().map(RecordedClients::version);
    long revision = event.keyValue().modRevision();
    if (event.type() == WatchEvent.Type.DELETE) {
      Change change = Change.delete(event.keyValue().key().asUtf8());
      return new WatchRecord.Event(revision, change, false, previous);
    }
    Version version = RecordedClients.version(event.keyValue());
    boolean creates = version.createRevision() == version.modRevision();
    return new WatchRecord.Event(revision, Change.put(version), creates, previous);
  }

  private final class Listener implements WatchListener {
    @Override
    public void onEvents(WatchBatch batch) {
      synchronized (RecordedWatcher.this) {
        record.add(
            new WatchRecord.Events(
                batch.revision(), batch.events().stream().map(RecordedWatcher::event).toList()));
        revision = batch.revision();
        RecordedWatcher.this.notifyAll();
      }
    }

    @Override
    public void onResync(WatchResync resync) {
      // Nothing is compacted here, so history can always be told event by event.
      onClosed(Optional.of(new AssertionError("a resync instead of events: " + resync)));
    }

    @Override
    public void onProgress(long upTo) {
      synchronized (RecordedWatcher.this) {
        record.add(new WatchRecord.Progress(upTo));
      }
    }

    @Override
    public void onClosed(Optional<Throwable> cause) {
      synchronized (RecordedWatcher.this) {
        if (end.isEmpty()) {
          end = Optional.of("the watch ended: " + cause);
        }
        RecordedWatcher.this.notifyAll();
      }
    }
  }
}
