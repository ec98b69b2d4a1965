package io.holdfast.server.mvcc;

import io.holdfast.server.error.EtcdError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The twin: keeps a full copy of the key space for every revision and answers by looking through
 * all of it. Slow, and too simple to be wrong in the same way.
 */
final class NaiveStore {
  private final TreeMap<Long, TreeMap<Key, KeyValue>> states = new TreeMap<>();
  private final TreeMap<Long, List<Event>> history = new TreeMap<>();
  private long current = 1;
  private long compacted = -1;
  private TreeMap<Key, KeyValue> open;
  private List<Event> events;

  NaiveStore() {
    states.put(0L, new TreeMap<>());
    states.put(1L, new TreeMap<>());
  }

  NaiveStore copy() {
    NaiveStore copy = new NaiveStore();
    copy.states.clear();
    copy.states.putAll(states);
    copy.history.putAll(history);
    copy.current = current;
    copy.compacted = compacted;
    return copy;
  }

  long current() {
    return current;
  }

  long compacted() {
    return compacted;
  }

  void begin() {
    open = new TreeMap<>(states.get(current));
    events = new ArrayList<>();
  }

  KeyValue get(Key key) {
    return open.get(key);
  }

  KeyValue put(Key key, byte[] value, long lease) {
    KeyValue before = open.get(key);
    KeyValue after =
        before == null
            ? new KeyValue(key.bytes(), current + 1, current + 1, 1, value, lease)
            : new KeyValue(
                key.bytes(),
                before.createRevision(),
                current + 1,
                before.version() + 1,
                value,
                lease);
    open.put(key, after);
    events.add(event(EventType.PUT, after, key));
    return before;
  }

  List<KeyValue> delete(KeyRange range) {
    List<KeyValue> deleted = new ArrayList<>();
    for (Key key : List.copyOf(open.keySet())) {
      if (range.contains(key)) {
        deleted.add(open.remove(key));
        KeyValue tombstone = new KeyValue(key.bytes(), 0, current + 1, 0, new byte[0], 0);
        events.add(event(EventType.DELETE, tombstone, key));
      }
    }
    return deleted;
  }

  private Event event(EventType type, KeyValue keyValue, Key key) {
    KeyValue previous = states.get(current).get(key);
    return previous == null ? Event.of(type, keyValue) : Event.of(type, keyValue, previous);
  }

  List<Event> openEvents() {
    return events;
  }

  long end() {
    if (!events.isEmpty()) {
      current++;
      states.put(current, open);
      history.put(current, events);
    }
    open = null;
    return current;
  }

  RangeResult range(RangeQuery query) {
    long revision = query.revision() <= 0 ? current : query.revision();
    if (revision > current) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    if (revision < compacted) {
      throw EtcdError.COMPACTED.asException();
    }
    return answer(query, states.get(revision), current);
  }

  RangeResult rangeInside(RangeQuery query) {
    return answer(query, open, events.isEmpty() ? current : current + 1);
  }

  private static RangeResult answer(RangeQuery query, TreeMap<Key, KeyValue> state, long header) {
    List<KeyValue> found = new ArrayList<>();
    state.forEach(
        (key, value) -> {
          if (query.range().contains(key)) {
            found.add(value);
          }
        });
    long count = found.size();
    if (query.countOnly()) {
      return new RangeResult(List.of(), false, count, header);
    }
    found.removeIf(kv -> query.maxModRevision() != 0 && kv.modRevision() > query.maxModRevision());
    found.removeIf(kv -> query.minModRevision() != 0 && kv.modRevision() < query.minModRevision());
    found.removeIf(
        kv -> query.maxCreateRevision() != 0 && kv.createRevision() > query.maxCreateRevision());
    found.removeIf(
        kv -> query.minCreateRevision() != 0 && kv.createRevision() < query.minCreateRevision());
    Comparator<KeyValue> order =
        switch (query.target()) {
          case KEY -> Comparator.comparing(kv -> Key.of(kv.key()));
          case VERSION -> Comparator.comparing(KeyValue::version);
          case CREATE -> Comparator.comparing(KeyValue::createRevision);
          case MOD -> Comparator.comparing(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(kv -> Key.of(kv.value()));
        };
    found.sort(query.order() == SortOrder.DESCEND ? order.reversed() : order);
    boolean more = query.limit() > 0 && found.size() > query.limit();
    List<KeyValue> taken = more ? found.subList(0, (int) query.limit()) : found;
    List<KeyValue> shown = new ArrayList<>();
    for (KeyValue kv : taken) {
      long lease = query.keysOnly() && query.target() != SortTarget.VALUE ? 0 : kv.leaseId();
      byte[] value = query.keysOnly() ? new byte[0] : kv.value();
      shown.add(
          new KeyValue(
              kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), value, lease));
    }
    return new RangeResult(shown, more, count, header);
  }

  void compact(long revision) {
    if (revision <= compacted) {
      throw EtcdError.COMPACTED.asException();
    }
    if (revision > current) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    compacted = revision;
  }

  /** All events of the range in an interval of revisions, one list per revision that has any. */
  List<CommittedRevision> events(long from, long to, KeyRange range) {
    if (from < compacted) {
      throw EtcdError.COMPACTED.asException();
    }
    List<CommittedRevision> found = new ArrayList<>();
    if (from > to) {
      return found;
    }
    history
        .subMap(from, true, to, true)
        .forEach(
            (revision, all) -> {
              List<Event> matching = new ArrayList<>();
              for (Event event : all) {
                if (range.contains(event.keyValue().key())) {
                  matching.add(event);
                }
              }
              if (!matching.isEmpty()) {
                found.add(new CommittedRevision(revision, matching));
              }
            });
    return found;
  }

  /** The key's state at a revision, null when it is not alive. */
  KeyValue at(Key key, long revision) {
    return states.get(revision).get(key);
  }
}
