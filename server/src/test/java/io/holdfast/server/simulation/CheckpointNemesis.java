package io.holdfast.server.simulation;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.mvcc.HashKv;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.RangeQuery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What may be found in the place of a member's key index when the member starts: the file as it
 * was, with bits turned, cut short, from earlier, or another member's. And the judge of it: on a
 * copy of the disk, a start with the file must come to the same as one without.
 */
final class CheckpointNemesis {
  static final List<String> DEEDS =
      List.of(
          "key index damaged",
          "key index replaced",
          "started from a key index",
          "key index not used");

  private static final Path INDEX = Machine.STORE.resolveSibling("db-index");
  private static final int FILES_KEPT_MAX = 8;

  private final Record record;
  private final List<byte[]> kept = new ArrayList<>();

  CheckpointNemesis(Record record) {
    this.record = record;
  }

  void beforeStart(Machine machine) {
    SplittableRandom random = machine.random().split();
    try {
      strike(machine.disk(), random);
      judge(machine.disk());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void strike(SimulatedDisk disk, SplittableRandom random) throws IOException {
    if (!disk.exists(INDEX)) {
      return;
    }
    byte[] content = disk.content(INDEX);
    int dice = random.nextInt(12);
    if (dice == 0 && content.length > 0) {
      disk.flipBit(INDEX, random.nextLong(content.length * 8L));
      record.deed("key index damaged");
    } else if (dice == 1) {
      disk.overwrite(INDEX, Arrays.copyOf(content, random.nextInt(content.length + 1)));
      record.deed("key index damaged");
    } else if (dice < 5 && !kept.isEmpty()) {
      disk.overwrite(INDEX, kept.get(random.nextInt(kept.size())));
      record.deed("key index replaced");
    }
    if (kept.size() == FILES_KEPT_MAX) {
      kept.remove(random.nextInt(FILES_KEPT_MAX));
    }
    kept.add(content);
  }

  private record Found(
      long revision,
      long compactRevision,
      long keys,
      long bytes,
      List<KeyValue> keyValues,
      List<String> leases,
      HashKv hash) {}

  private void judge(SimulatedDisk disk) throws IOException {
    if (!disk.exists(INDEX)) {
      return;
    }
    SimulatedDisk without = disk.processKill();
    without.delete(INDEX);
    Optional<Found> expected = open(without, false);
    Optional<Found> found = open(disk.processKill(), true);
    if (expected.isPresent() && !expected.equals(found)) {
      throw new SimulationFailure(
          "a start from a key index comes to what a start without comes to",
          found + " and not " + expected);
    }
  }

  /** Empty when the store is damaged: then it is not the index that matters. */
  private Optional<Found> open(SimulatedDisk disk, boolean counts) throws IOException {
    if (!disk.exists(Machine.STORE)) {
      return Optional.empty();
    }
    try (Backend backend = Backend.open(disk, Machine.STORE, new BackendOptions(1 << 20, 0))) {
      MvccStore store = MvccStore.open(backend, MvccOptions.defaults());
      if (counts) {
        record.deed(store.isFromCheckpoint() ? "started from a key index" : "key index not used");
      }
      List<String> leases = new ArrayList<>();
      store.forEachLeasedKey((key, lease) -> leases.add(key + " " + lease));
      long keys = store.keyCount();
      return Optional.of(
          new Found(
              store.currentRevision(),
              store.compactRevision(),
              keys,
              backend.logicalBytes(),
              store.range(RangeQuery.of(KeyRange.all())).keyValues(),
              leases,
              store.hashKv(0)));
    } catch (StartupException | CorruptRecordException e) {
      return Optional.empty();
    }
  }
}
