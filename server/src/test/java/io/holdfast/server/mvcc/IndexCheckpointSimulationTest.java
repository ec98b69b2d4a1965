package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.SimulatedDisk;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random writes, compactions, commits and syncs with a step of a checkpoint between any two of
 * them, then a kill or a power cut: what opens must answer as what a start without any checkpoint
 * makes of the same disk, and go on from there.
 */
class IndexCheckpointSimulationTest {
  private static final int LIVES = 14;
  private static final int CHANCES = 6;

  private SplittableRandom random;
  private CheckpointedStore running;
  private int keys;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void opensAsIfEverythingWereRead(long seed) {
    random = new SplittableRandom(seed);
    keys = List.of(5, 60, 400).get(random.nextInt(3));
    SimulatedDisk disk = new SimulatedDisk(CheckpointedStore.ROOT);
    int used = 0;
    for (int life = 0; life < LIVES; life++) {
      try {
        running = CheckpointedStore.open(disk, 1 + random.nextInt(60), 1 + random.nextInt(40));
        used += running.store.isFromCheckpoint() ? 1 : 0;
        live();
        disk = random.nextInt(3) == 0 ? running.disk.powerCut(random) : running.disk.processKill();
        compare(disk);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", life " + life, e);
      }
    }
    assertTrue(used > 0, "seed " + seed + ": no checkpoint was ever used");
  }

  private void compare(SimulatedDisk disk) {
    StoreImage expected = CheckpointedStore.imageWithout(disk);
    CheckpointedStore opened = CheckpointedStore.open(disk.processKill());
    StoreImage.assertSame(expected, opened.image());
    // One that never looked at most leaves must come to the same in the end.
    CheckpointedStore lazy = CheckpointedStore.open(disk.processKill());
    List<CheckpointedStore> both = List.of(lazy, opened);
    for (int i = 0; i < 10; i++) {
      String key = key();
      boolean deletes = random.nextInt(4) == 0;
      for (CheckpointedStore store : both) {
        if (deletes) {
          store.delete(key);
        } else {
          store.put(key, "v" + i, i % 3);
        }
      }
    }
    long compactTo = random.nextLong(2, 1 + lazy.store.currentRevision());
    for (CheckpointedStore store : both) {
      if (compactTo > store.store.compactRevision()) {
        store.compactWholly(compactTo);
      }
    }
    StoreImage.assertSame(opened.image(), lazy.image());
    assertEquals(opened.store.keyCount(), lazy.store.range(RangeQuery.of(KeyRange.all())).count());
  }

  private void live() {
    int happenings = 20 + random.nextInt(400);
    for (int i = 0; i < happenings; i++) {
      switch (random.nextInt(20)) {
        case 0 -> running.commit();
        case 1 -> running.sync();
        case 2 -> compact();
        case 3, 4 -> running.store.compactStep(20 + random.nextInt(50));
        case 5, 6, 7, 8 -> running.store.checkpointStep();
        case 9 -> running.store.range(RangeQuery.of(KeyRange.single(CheckpointedStore.key(key()))));
        default -> transaction();
      }
    }
  }

  private void transaction() {
    WriteTxn txn = running.store.beginWrite();
    for (int i = random.nextInt(CHANCES); i >= 0; i--) {
      Key key = CheckpointedStore.key(key());
      switch (random.nextInt(5)) {
        case 0 -> txn.deleteRange(KeyRange.single(key));
        case 1 -> txn.put(key, value(), 1 + random.nextInt(5));
        case 2 -> {
          if (random.nextInt(10) == 0) {
            txn.deleteRange(KeyRange.of(key.bytes(), CheckpointedStore.key(key()).bytes()));
          }
        }
        default -> txn.put(key, value(), 0);
      }
    }
    txn.end();
  }

  private void compact() {
    long from = Math.max(1, running.store.compactRevision() + 1);
    if (random.nextInt(8) == 0 && from <= running.store.currentRevision()) {
      running.store.compact(random.nextLong(from, running.store.currentRevision() + 1));
    }
  }

  private String key() {
    int number = random.nextInt(keys);
    return switch (number % 4) {
      case 0 -> "k" + number;
      case 1 -> "/registry/services/" + number;
      case 2 -> "x".repeat(1 + number % 50);
      default -> "\u0000" + (char) (number % 200);
    };
  }

  private byte[] value() {
    return ("value " + random.nextInt(1_000)).getBytes(StandardCharsets.UTF_8);
  }
}
