package io.holdfast.server.backend;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RootReference;

/**
 * A version of the file, held by its maps' roots; the pin keeps its pages from being overwritten.
 */
final class PinnedSnapshot implements BackendSnapshot {
  private final MVStore store;
  private final MVStore.TxCounter pin;
  private final Runnable released;
  private final long appliedIndex;
  private final long appliedTerm;
  private final List<Part<?>> parts = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param released told once when it is closed
   */
  PinnedSnapshot(
      MVStore store,
      long appliedIndex,
      long appliedTerm,
      Iterable<CheckedMap<?>> maps,
      Runnable released) {
    this.released = released;
    this.store = store;
    this.pin = store.registerVersionUsage();
    this.appliedIndex = appliedIndex;
    this.appliedTerm = appliedTerm;
    for (CheckedMap<?> map : maps) {
      parts.add(new Part<>(map));
    }
  }

  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public long appliedTerm() {
    return appliedTerm;
  }

  @Override
  public Iterator<StoredRecord> iterator() {
    if (closed.get()) {
      throw new IllegalStateException("the snapshot is closed");
    }
    return new Iterator<>() {
      private final Iterator<Part<?>> left = parts.iterator();
      private Iterator<StoredRecord> current = List.<StoredRecord>of().iterator();

      @Override
      public boolean hasNext() {
        while (!current.hasNext()) {
          if (!left.hasNext()) {
            return false;
          }
          current = left.next().records();
        }
        return true;
      }

      @Override
      public StoredRecord next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return current.next();
      }
    };
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      store.deregisterVersionUsage(pin);
      released.run();
    }
  }

  private static final class Part<K> {
    private final CheckedMap<K> map;
    private final RootReference<K, StoredValue> root;

    Part(CheckedMap<K> map) {
      this.map = map;
      this.root = map.root();
    }

    Iterator<StoredRecord> records() {
      Cursor<K, StoredValue> cursor = map.cursor(root);
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return map.hasNext(cursor);
        }

        @Override
        public StoredRecord next() {
          return map.next(cursor);
        }
      };
    }
  }
}
