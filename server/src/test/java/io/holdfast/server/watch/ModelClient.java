package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.MvccStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One connection that checks everything it is told at once against the history: filter, order,
 * uniqueness, atomicity of revisions, previous pairs, and that the revision of every message is a
 * bookmark (nothing at or below it is still missing).
 */
final class ModelClient implements WatchSink {
  /** What the client knows of one of its watchers. */
  private static final class Registration {
    final WatchRequest request;
    final long fromRevision;
    int received;
    long reached;

    Registration(WatchRequest request, long fromRevision) {
      this.request = request;
      this.fromRevision = fromRevision;
      this.reached = fromRevision - 1;
    }
  }

  private final ModelHistory history;
  private final MvccStore store;
  private final Map<Long, Registration> watchers = new HashMap<>();
  private final List<WatchRequest> asked = new ArrayList<>();
  int credit;
  boolean busy;
  long eventsSeen;
  long compactions;

  ModelClient(ModelHistory history, MvccStore store) {
    this.history = history;
    this.store = store;
  }

  void create(WatchStream stream, WatchRequest request) {
    asked.add(request);
    stream.create(request);
    check(asked.isEmpty(), "a creation is answered at once");
  }

  List<Long> ids() {
    return List.copyOf(watchers.keySet());
  }

  /** Where a watcher would have to be started again to miss nothing. */
  long resumeRevision(long id) {
    return watchers.get(id).reached + 1;
  }

  WatchRequest request(long id) {
    return watchers.get(id).request;
  }

  @Override
  public boolean isReady() {
    return credit > 0;
  }

  @Override
  public void deliver(WatchMessage message) {
    if (message instanceof WatchMessage.Created created) {
      WatchRequest request = asked.remove(0);
      check(!watchers.containsKey(created.watchId()), "ids are unique");
      check(created.revision() == history.revision(), "the header shows the present revision");
      long from = request.startRevision() == 0 ? created.revision() + 1 : request.startRevision();
      watchers.put(created.watchId(), new Registration(request, from));
    } else if (message instanceof WatchMessage.Events events) {
      check(credit > 0, "events only for a client that is ready");
      credit--;
      receive(watchers.get(events.watchId()), events);
    } else if (message instanceof WatchMessage.Progress progress) {
      progress(progress);
    } else if (message instanceof WatchMessage.Canceled canceled) {
      check(watchers.remove(canceled.watchId()) != null, "only known watchers are canceled");
    } else if (message instanceof WatchMessage.Compacted compacted) {
      Registration watcher = watchers.remove(compacted.watchId());
      compactions++;
      check(watcher.reached + 1 < compacted.compactRevision(), "no needless cancellation");
      check(compacted.compactRevision() == store.compactRevision(), "the true compact revision");
    } else {
      throw new AssertionError(message);
    }
  }

  private void receive(Registration watcher, WatchMessage.Events message) {
    check(watcher != null, "events only between creation and cancellation");
    check(!message.batch().events().isEmpty(), "no empty messages");
    List<ModelHistory.Change> visible = history.visibleTo(watcher.request, watcher.fromRevision);
    for (Event event : message.batch().events()) {
      check(watcher.received < visible.size(), "nothing is made up");
      matches(watcher, visible.get(watcher.received++), event);
      eventsSeen++;
    }
    bookmark(watcher, visible, message.revision());
    long last = visible.get(watcher.received - 1).revision();
    check(message.revision() >= last, "the header is not behind the events");
  }

  private void matches(Registration watcher, ModelHistory.Change expected, Event event) {
    String told = RecordingSink.describe(event);
    check(event.type() == expected.type(), told + " instead of " + expected);
    check(event.keyValue().modRevision() == expected.revision(), told + " not " + expected);
    check(text(event.keyValue().key()).equals(expected.key()), told + " not " + expected);
    check(text(event.keyValue().value()).equals(expected.value()), told + " not " + expected);
    if (watcher.request.previousWanted()) {
      Optional<String> previous = event.previous().map(KeyValue::value).map(ModelClient::text);
      boolean mayBeGone = expected.revision() - 1 < store.compactRevision();
      check(
          previous.equals(expected.previous()) || mayBeGone && previous.isEmpty(),
          previous + " before " + expected);
    }
  }

  private void progress(WatchMessage.Progress progress) {
    if (progress.watchId() != WatchMessage.NO_WATCH_ID) {
      Registration watcher = watchers.get(progress.watchId());
      check(watcher.request.progressNotify(), "progress only for those who wish it");
      bookmark(watcher, progress.revision());
      return;
    }
    check(!watchers.isEmpty(), "no progress without watchers");
    watchers.values().forEach(watcher -> bookmark(watcher, progress.revision()));
  }

  private void bookmark(Registration watcher, long revision) {
    bookmark(watcher, history.visibleTo(watcher.request, watcher.fromRevision), revision);
  }

  private void bookmark(Registration watcher, List<ModelHistory.Change> visible, long revision) {
    check(revision >= watcher.reached, "revisions do not go back");
    check(
        watcher.received == visible.size() || visible.get(watcher.received).revision() > revision,
        "all up to revision " + revision + " were delivered, whole revisions");
    watcher.reached = revision;
  }

  /** Nothing is missing, now that the client has read all it was given. */
  void checkComplete() {
    for (Registration watcher : watchers.values()) {
      int expected = history.visibleTo(watcher.request, watcher.fromRevision).size();
      check(watcher.received == expected, watcher.received + " of " + expected + " events");
    }
  }

  private static void check(boolean holds, String property) {
    if (!holds) {
      throw new AssertionError(property);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
