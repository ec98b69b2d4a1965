package io.holdfast.server.watch;

import io.holdfast.server.mvcc.EventType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that ever happened, remembered in the plainest way; a key changes once in a revision. */
final class ModelHistory {
  /**
   * @param previous the value before the revision
   */
  record Change(
      long revision, EventType type, String key, String value, Optional<String> previous) {}

  private final List<Change> changes = new ArrayList<>();
  private final Map<String, String> state = new HashMap<>();
  private long revision = 1;

  void beginRevision(long next) {
    if (next != revision + 1) {
      throw new AssertionError("revision " + next + " after " + revision);
    }
    revision = next;
  }

  void put(String key, String value) {
    changes.add(
        new Change(revision, EventType.PUT, key, value, Optional.ofNullable(state.get(key))));
    state.put(key, value);
  }

  void delete(String key) {
    changes.add(
        new Change(revision, EventType.DELETE, key, "", Optional.ofNullable(state.get(key))));
    state.remove(key);
  }

  boolean holds(String key) {
    return state.containsKey(key);
  }

  long revision() {
    return revision;
  }

  /** What a watcher is to see from its start on, up to now. */
  List<Change> visibleTo(WatchRequest request, long fromRevision) {
    List<Change> visible = new ArrayList<>();
    for (Change change : changes) {
      boolean filtered =
          change.type() == EventType.PUT ? request.withoutPuts() : request.withoutDeletes();
      if (change.revision() >= fromRevision
          && !filtered
          && request.range().contains(HubFixture.bytes(change.key()))) {
        visible.add(change);
      }
    }
    return visible;
  }
}
