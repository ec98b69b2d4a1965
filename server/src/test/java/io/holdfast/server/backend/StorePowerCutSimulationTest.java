package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A store file through many lives, each of which a power cut or a kill ends at any call to the
 * disk, opening included. It always opens again, at what was synced last, with exactly the data of
 * that index; and the room of what is removed always comes back.
 *
 * <p>Every write is derived from its number, and the applied index is the number of the last one,
 * so the index alone says what must be there.
 */
class StorePowerCutSimulationTest {
  private static final Path ROOT = Path.of("/disk");
  private static final Path FILE = ROOT.resolve("store");
  private static final BackendOptions OPTIONS = new BackendOptions(1 << 20, 0);
  private static final int LIVE_REVISIONS = 300;
  private static final int LIVES = 60;

  private static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Ended() {
      super("the process has ended", null, false, false);
    }
  }

  private SplittableRandom random;
  private SimulatedDisk disk = new SimulatedDisk(ROOT);
  private int callsLeft;
  private int opened;
  private long synced;
  private long beingSynced;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void opensAtWhatWasSyncedLast(long seed) {
    random = new SplittableRandom(seed);
    for (int life = 0; life < LIVES; life++) {
      callsLeft = random.nextInt(random.nextInt(4) == 0 ? 12 : 250);
      try {
        live("seed " + seed + ", life " + life);
      } catch (Ended | BackendFailure e) {
        assertTrue(callsLeft < 0, e.toString());
      }
      disk = random.nextBoolean() ? disk.powerCut(random) : disk.processKill();
    }
    assertTrue(opened > LIVES / 2, "opened " + opened + " times, seed " + seed);
    assertTrue(synced > LIVE_REVISIONS, "synced up to " + synced + ", seed " + seed);
  }

  private void live(String where) {
    Backend backend = open();
    long number = backend.appliedIndex();
    assertTrue(
        number == synced || number == beingSynced, number + " is not " + synced + ", " + where);
    check(backend, where);
    opened++;
    synced = number;
    beingSynced = number;
    Bucket bucket = backend.bucket("state");
    int steps = random.nextInt(80);
    for (int step = 0; step < steps; step++) {
      int writes = 1 + random.nextInt(80);
      for (int i = 0; i < writes; i++) {
        write(backend, bucket, ++number);
      }
      backend.commit(number, 1);
      if (random.nextInt(3) == 0 && backend.tidy(1 << 14, Backend.TIDY_PERCENT)) {
        backend.commit(number, 1);
      }
      if (random.nextInt(5) == 0) {
        sync(backend, number);
      }
    }
    if (random.nextBoolean()) {
      beingSynced = number;
      backend.close();
      synced = number;
    }
  }

  private void sync(Backend backend, long number) {
    beingSynced = number;
    backend.sync();
    synced = number;
  }

  private Backend open() {
    try {
      return Backend.open(mortal(), FILE, OPTIONS);
    } catch (RuntimeException e) {
      // Only if the process ended meanwhile: a store that stands still always opens.
      if (callsLeft < 0) {
        throw new Ended();
      }
      throw e;
    }
  }

  private InterceptedDisk mortal() {
    return new InterceptedDisk(
        disk,
        (call, path) -> {
          if (callsLeft-- <= 0) {
            callsLeft = -1;
            throw new Ended();
          }
        });
  }

  private static void write(Backend backend, Bucket bucket, long number) {
    backend.revisions().append(number, 0, value(number));
    backend.revisions().remove(number - LIVE_REVISIONS, 0);
    bucket.put(new byte[] {(byte) (number % 17)}, value(number));
  }

  private static void check(Backend backend, String where) {
    long index = backend.appliedIndex();
    TreeMap<Long, byte[]> found = new TreeMap<>();
    backend.loadRevisions(
        (main, sub, record) -> {
          found.put(main, record);
          return true;
        });
    assertEquals(Math.min(index, LIVE_REVISIONS), found.size(), where);
    found.forEach((main, record) -> assertEquals(main, ByteBuffer.wrap(record).getLong(), where));
    for (long number = Math.max(1, index - 16); number <= index; number++) {
      Optional<byte[]> value = backend.bucket("state").get(new byte[] {(byte) (number % 17)});
      assertEquals(number, ByteBuffer.wrap(value.orElseThrow()).getLong(), where);
    }
  }

  private static byte[] value(long number) {
    return ByteBuffer.allocate(120).putLong(number).array();
  }

  @Test
  void roomComesBackAfterAPowerCut() throws IOException {
    random = new SplittableRandom(11);
    long index = 0;
    Backend backend = Backend.open(disk, FILE, OPTIONS);
    for (long main = 1; main <= 4_000; main++) {
      backend.revisions().append(main, 0, new byte[500]);
      if (main % 200 == 0) {
        backend.commit(++index, 1);
      }
    }
    backend.sync();
    long full = backend.sizeBytes();
    disk = disk.powerCut(random);
    backend = Backend.open(disk, FILE, OPTIONS);
    backend.loadRevisions((main, sub, record) -> true);
    // One in ten stays, all over the chunks that were there before the power cut.
    for (long main = 1; main <= 4_000; main++) {
      if (main % 10 != 0) {
        backend.revisions().remove(main, 0);
      }
    }
    backend.commit(++index, 1);
    backend.sync();
    for (int step = 0; step < 300 && backend.sizeBytes() > full / 4; step++) {
      backend.tidy(1 << 16, Backend.TIDY_PERCENT);
      backend.commit(++index, 1);
      backend.sync();
    }
    assertTrue(backend.sizeBytes() <= full / 4, backend.sizeBytes() + " of " + full);
    backend.close();
  }

  @Test
  void whatWasNeverSyncedDoesNotCount() throws IOException {
    random = new SplittableRandom(12);
    Backend backend = Backend.open(disk, FILE, OPTIONS);
    backend.revisions().append(1, 0, value(1));
    backend.commit(1, 1);
    disk = disk.processKill();
    try (Backend again = Backend.open(disk, FILE, OPTIONS)) {
      assertEquals(0, again.appliedIndex());
      assertFalse(again.hasUncommittedWrites());
      check(again, "never synced");
      again.revisions().append(1, 0, value(1));
      again.commit(1, 1);
    }
    try (Backend closed = Backend.open(disk, FILE, OPTIONS)) {
      assertEquals(1, closed.appliedIndex(), "closing syncs");
    }
  }

  /** An exchanged file is complete, and its mark is only about to be written. */
  @Test
  void aFileWithoutAMarkOpensAtItsNewestVersion() throws IOException {
    try (Backend backend = Backend.open(disk, FILE, OPTIONS)) {
      for (long number = 1; number <= 900; number++) {
        write(backend, backend.bucket("state"), number);
        if (number % 30 == 0) {
          backend.commit(number, 1);
        }
      }
    }
    Backend.forgetSynced(disk, FILE);
    assertEquals(List.of("store"), disk.list(ROOT));
    try (Backend backend = Backend.open(disk, FILE, OPTIONS)) {
      assertEquals(900, backend.appliedIndex());
      check(backend, "without a mark");
    }
  }
}
