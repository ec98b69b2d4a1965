package io.holdfast.server.watch;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.WriteTxn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;

/** A hub over a real store; catching up runs when the test says so. */
final class HubFixture implements AutoCloseable {
  final Backend backend;
  final MvccStore store;
  final WatchHub hub;
  final Queue<Runnable> tasks = new ArrayDeque<>();

  HubFixture(Path directory) {
    this(directory, new WatchHubOptions(256, 1000, 10_000));
  }

  HubFixture(Path directory, WatchHubOptions options) {
    backend = Backend.open(directory.resolve("store"), new BackendOptions(1 << 20, 0));
    store = MvccStore.open(backend, new MvccOptions(1 << 20));
    hub =
        new WatchHub(
            store,
            tasks::add,
            options,
            failure -> {
              throw new AssertionError("catching up failed", failure);
            });
  }

  /** Writes one revision and hands it out. */
  long put(String key, String value) {
    long revision = write(key, value);
    hub.batchApplied();
    return revision;
  }

  /** Writes one revision that is not handed out yet. */
  long write(String key, String value) {
    WriteTxn txn = store.beginWrite();
    txn.put(Key.of(key), bytes(value), 0);
    return txn.end();
  }

  long delete(String key) {
    WriteTxn txn = store.beginWrite();
    txn.deleteRange(KeyRange.single(Key.of(key)));
    long revision = txn.end();
    hub.batchApplied();
    return revision;
  }

  /** Runs all steps of catching up that are due, and those that follow from them. */
  int catchUp() {
    int steps = 0;
    while (!tasks.isEmpty()) {
      tasks.poll().run();
      if (++steps > 100_000) {
        throw new AssertionError("catching up does not end");
      }
    }
    return steps;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static KeyRange single(String key) {
    return KeyRange.single(Key.of(key));
  }

  @Override
  public void close() {
    backend.close();
  }
}
