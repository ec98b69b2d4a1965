package io.holdfast.server.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RootReference;
import org.h2.mvstore.type.DataType;

/**
 * One MVStore map whose every record is checked against its checksum when it is read, and whose
 * tally is kept when it is written.
 *
 * @param <K> the key type
 */
abstract class CheckedMap<K> {
  /** Told of records in ascending order. */
  interface Visitor<K> {
    /**
     * @return whether to go on
     */
    boolean visit(K key, byte[] value);
  }

  private final String name;
  private final MVStore store;
  private final MVMap<K, StoredValue> map;
  private final Tally tally = new Tally();
  private volatile Runnable onDamage = () -> {};

  CheckedMap(String name, MVStore store, DataType<K> keyType) {
    this.name = name;
    this.store = store;
    this.map =
        store.openMap(
            name,
            new MVMap.Builder<K, StoredValue>()
                .keyType(keyType)
                .valueType(StoredValue.Type.INSTANCE));
  }

  /** Names who is told when something is found to be damaged, on the thread that finds it. */
  final void whenDamaged(Runnable told) {
    onDamage = told;
  }

  private CorruptRecordException damage(String detail, Throwable cause) {
    onDamage.run();
    return new CorruptRecordException(name, detail, cause);
  }

  abstract int checksum(K key, byte[] value);

  abstract byte[] keyBytes(K key);

  abstract int keyLength(K key);

  public final String name() {
    return name;
  }

  final Tally tally() {
    return tally;
  }

  /** The value, null when there is none. */
  final byte[] getOrNull(K key) {
    StoredValue value;
    try {
      value = map.get(key);
    } catch (RuntimeException first) {
      // A reader held up for longer than the retention time may find its page's chunk reused: what
      // it wants is then under the newer root. If that fails too, the page is damaged.
      value = readPage(() -> map.get(key));
    }
    return value == null ? null : checked(key, value);
  }

  final void write(K key, byte[] value) {
    int checksum = checksum(key, value);
    StoredValue before;
    try {
      before = map.put(key, new StoredValue(value, checksum));
    } catch (RuntimeException e) {
      throw writeFailure(e);
    }
    if (before != null) {
      tally.subtract(before.checksum(), keyLength(key) + before.bytes().length);
    }
    tally.add(checksum, keyLength(key) + value.length);
  }

  final void erase(K key) {
    StoredValue before;
    try {
      before = map.remove(key);
    } catch (RuntimeException e) {
      throw writeFailure(e);
    }
    if (before != null) {
      tally.subtract(before.checksum(), keyLength(key) + before.bytes().length);
    }
  }

  public final long size() {
    return map.sizeAsLong();
  }

  /** Visits the records of this moment's version, which stays readable for as long as it takes. */
  final void scan(K from, Visitor<K> visitor) {
    MVStore.TxCounter pin = store.registerVersionUsage();
    try {
      visit(map.getRoot(), from, null, visitor);
    } finally {
      store.deregisterVersionUsage(pin);
    }
  }

  final RootReference<K, StoredValue> root() {
    return map.getRoot();
  }

  /** A cursor over a version that the caller has pinned. */
  final Cursor<K, StoredValue> cursor(RootReference<K, StoredValue> root) {
    return readPage(() -> map.cursor(root, null, null, false));
  }

  final boolean hasNext(Cursor<K, StoredValue> cursor) {
    return readPage(cursor::hasNext);
  }

  /** The record a cursor is on after its {@code next()}, as it leaves the file. */
  final StoredRecord next(Cursor<K, StoredValue> cursor) {
    K key = readPage(cursor::next);
    return new StoredRecord(name, keyBytes(key), checked(key, cursor.getValue()));
  }

  /**
   * Reads every record and compares with what the last commit says of the map: the one way to see
   * that records are missing.
   *
   * @throws CorruptRecordException when a record fails, or the tally does not match
   */
  final void verify(Tally expected, Visitor<K> visitor) {
    Tally found = new Tally();
    readPart(null, null, found, visitor);
    accept(found, expected);
  }

  /**
   * Takes what was found as the map's tally.
   *
   * @throws CorruptRecordException when it is not what the last commit says
   */
  final void accept(Tally found, Tally expected) {
    if (!found.matches(expected)) {
      throw damage(
          "it should hold "
              + expected.count()
              + " records and holds "
              + found.count()
              + ", or others than were written",
          null);
    }
    tally.reset(found);
  }

  /** The key at a position in ascending order, as far as undamaged pages go. */
  final K keyAt(long index) {
    return readPage(() -> map.getKey(index));
  }

  /** How many keys are below this one, as far as undamaged pages go. */
  final long countBelow(K key) {
    long index = readPage(() -> map.getKeyIndex(key));
    return index < 0 ? -index - 1 : index;
  }

  /**
   * Reads the records from one key, or the first, to before another, or the last. Several threads
   * may read parts at once while nobody writes.
   *
   * @param found counts what was read
   * @throws CorruptRecordException when a record fails or is out of order
   */
  final void readPart(K from, K until, Tally found, Visitor<K> visitor) {
    Cursor<K, StoredValue> cursor = readPage(() -> map.cursor(map.getRoot(), from, null, false));
    K before = null;
    while (hasNext(cursor)) {
      K key = readPage(cursor::next);
      if (until != null && map.getKeyType().compare(key, until) >= 0) {
        return;
      }
      StoredValue value = cursor.getValue();
      if (before != null && map.getKeyType().compare(before, key) >= 0) {
        throw damage("its keys are out of order", null);
      }
      byte[] bytes = checked(key, value);
      found.add(value.checksum(), keyLength(key) + bytes.length);
      before = key;
      visitor.visit(key, bytes);
    }
  }

  private void visit(RootReference<K, StoredValue> root, K from, K to, Visitor<K> visitor) {
    Cursor<K, StoredValue> cursor = readPage(() -> map.cursor(root, from, to, false));
    while (hasNext(cursor)) {
      K key = readPage(cursor::next);
      if (!visitor.visit(key, checked(key, cursor.getValue()))) {
        return;
      }
    }
  }

  final List<K> keys() {
    List<K> keys = new ArrayList<>();
    scan(
        null,
        (key, value) -> {
          keys.add(key);
          return true;
        });
    return keys;
  }

  private byte[] checked(K key, StoredValue value) {
    byte[] bytes = value.bytes();
    if (checksum(key, bytes) != value.checksum()) {
      throw damage(
          "the record with key hash " + Checksums.keyHash(keyBytes(key)) + " fails its checksum",
          null);
    }
    return bytes;
  }

  private <T> T readPage(Supplier<T> read) {
    try {
      return read.get();
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      // Whatever a damaged page makes its reader do, it is damage; only a closed store is not.
      if (store.isClosed()) {
        throw new IllegalStateException("the store file is closed", e);
      }
      throw damage("a page cannot be read: " + e.getMessage(), e);
    }
  }

  private RuntimeException writeFailure(RuntimeException e) {
    if (store.isClosed()) {
      return new IllegalStateException("the store file is closed", e);
    }
    return damage("a page cannot be changed: " + e.getMessage(), e);
  }
}
