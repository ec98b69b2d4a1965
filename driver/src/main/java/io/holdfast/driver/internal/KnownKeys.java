package io.holdfast.driver.internal;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The keys that a watch knows to exist: after a gap, those that a listing does not show any more
 * must have been deleted. Keeps keys only, and at most a fixed number of them. Not thread-safe.
 */
final class KnownKeys {
  static final int KEYS_MAX = 1_000_000;

  private final WatchRequest request;
  private final Set<Bytes> keys = new HashSet<>();
  private boolean complete;

  KnownKeys(WatchRequest request) {
    this.request = request;
  }

  void note(List<WatchEvent> events) {
    for (WatchEvent event : events) {
      if (event.type() == WatchEvent.Type.DELETE) {
        keys.remove(event.keyValue().key());
      } else {
        add(event.keyValue().key());
      }
    }
  }

  private void add(Bytes key) {
    if (keys.size() < KEYS_MAX) {
      keys.add(key);
    } else if (!keys.contains(key)) {
      complete = false;
    }
  }

  /**
   * Compares a listing with what was known, and knows the listing from now on.
   *
   * @param revision the revision of the listing
   * @param nextRevision changes before this revision were delivered already
   */
  WatchResync resync(long revision, long nextRevision, boolean initial, List<KeyValue> listing) {
    List<WatchEvent> differences = new ArrayList<>();
    Set<Bytes> listed = new HashSet<>();
    for (KeyValue keyValue : listing) {
      listed.add(keyValue.key());
      if (keyValue.modRevision() >= nextRevision && !request.ignorePuts()) {
        differences.add(new WatchEvent(WatchEvent.Type.PUT, keyValue, Optional.empty()));
      }
    }
    for (Bytes key : keys) {
      if (!listed.contains(key) && !request.ignoreDeletes()) {
        KeyValue gone = new KeyValue(key, Bytes.EMPTY, 0, revision, 0, 0);
        differences.add(new WatchEvent(WatchEvent.Type.DELETE, gone, Optional.empty()));
      }
    }
    boolean knewAll = complete || initial;
    keys.clear();
    // A watch that is not told of puts, or of deletions, cannot keep the set up to date.
    complete = !request.ignorePuts() && !request.ignoreDeletes();
    listed.forEach(this::add);
    return new WatchResync(revision, initial, listing, differences, knewAll);
  }
}
