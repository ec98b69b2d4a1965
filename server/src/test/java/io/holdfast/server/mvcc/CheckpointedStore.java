package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A store on a simulated disk that writes checkpoints when told to; for tests. */
final class CheckpointedStore {
  static final Path ROOT = Path.of("/store");
  static final Path INDEX = ROOT.resolve("db-index");
  static final Path UNFINISHED = ROOT.resolve("db-index.new");

  private static final Path FILE = ROOT.resolve("db");

  final SimulatedDisk disk;
  final Backend backend;
  final MvccStore store;
  private long appliedIndex;

  private CheckpointedStore(SimulatedDisk disk, Disk seen, MvccOptions options) {
    this.disk = disk;
    backend = Backend.open(seen, FILE, new BackendOptions(1 << 20, 0));
    store = MvccStore.open(backend, options);
    appliedIndex = backend.appliedIndex();
  }

  /** With a checkpoint due after so few records, so many keys a step. */
  static CheckpointedStore open(SimulatedDisk disk, long recordsMin, int stepKeys) {
    return new CheckpointedStore(disk, disk, options(recordsMin, stepKeys));
  }

  /** On a disk that may refuse calls. */
  static CheckpointedStore open(SimulatedDisk disk, InterceptedDisk.Interceptor interceptor) {
    return new CheckpointedStore(disk, new InterceptedDisk(disk, interceptor), options(1, 5));
  }

  private static MvccOptions options(long recordsMin, int stepKeys) {
    return new MvccOptions(1 << 20).withCheckpoints(recordsMin, stepKeys);
  }

  /** With checkpoints as soon as one is asked for. */
  static CheckpointedStore open(SimulatedDisk disk) {
    return open(disk, 1, 1_000);
  }

  static CheckpointedStore fresh() {
    return open(new SimulatedDisk(ROOT));
  }

  void put(String key, String value) {
    put(key, value, 0);
  }

  void put(String key, String value, long lease) {
    WriteTxn txn = store.beginWrite();
    txn.put(key(key), value.getBytes(StandardCharsets.UTF_8), lease);
    txn.end();
  }

  void delete(String key) {
    WriteTxn txn = store.beginWrite();
    txn.deleteRange(KeyRange.single(key(key)));
    txn.end();
  }

  void puts(int from, int to, String value) {
    for (int i = from; i < to; i++) {
      put(String.format("key-%04d", i), value + i);
    }
  }

  static Key key(String name) {
    return Key.of(name.getBytes(StandardCharsets.UTF_8));
  }

  void sync() {
    appliedIndex++;
    backend.commit(appliedIndex, 1);
    backend.sync();
  }

  void commit() {
    appliedIndex++;
    backend.commit(appliedIndex, 1);
  }

  /** Writes the whole index down, so that the next start finds it. */
  void checkpoint() {
    while (store.checkpointStep()) {
      assertFalse(store.isCompacting());
    }
    sync();
  }

  void compactWholly(long revision) {
    store.compact(revision);
    while (store.compactStep(7)) {
      assertFalse(store.checkpointStep());
    }
  }

  StoreImage image() {
    return StoreImage.of(store, backend);
  }

  /** What a start finds after this process was killed. */
  CheckpointedStore killedAndOpened() {
    return open(disk.processKill());
  }

  /** What a start makes of the same disk without a checkpoint. */
  static StoreImage imageWithout(SimulatedDisk disk) {
    SimulatedDisk copy = disk.processKill();
    try {
      if (copy.exists(INDEX)) {
        copy.delete(INDEX);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    CheckpointedStore whole = open(copy);
    assertFalse(whole.store.isFromCheckpoint());
    return whole.image();
  }
}
