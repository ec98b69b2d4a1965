package io.holdfast.server.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.NoSpaceException;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SpareSegmentTest {
  private static final Path DIRECTORY = Path.of("/simulated");
  private static final Path OLD = DIRECTORY.resolve("old");

  private final SimulatedDisk disk = new SimulatedDisk(DIRECTORY);
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final SpareSegment spare = new SpareSegment(disk, DIRECTORY, 1024, tasks::add);

  @BeforeEach
  void createOld() throws IOException {
    disk.open(OLD, Disk.Mode.CREATE).write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 8000);
  }

  @Test
  void aSpareHoldsZerosOnlyAndIsSynced() throws IOException {
    spare.recycle(OLD, 3000);
    run();
    SpareSegment.Prepared prepared = spare.take(3000, 3000);
    assertEquals(3000, prepared.sizeBytes());
    assertArrayEquals(new byte[3000], disk.content(spare.path()));
    assertArrayEquals(new byte[3000], disk.powerCut(new java.util.Random(1)).content(spare.path()));
    assertFalse(disk.exists(OLD));
  }

  @Test
  void aSpareThatIsTooSmallIsExtended() throws IOException {
    spare.prepare(() -> 1024);
    run();
    assertEquals(5000, spare.take(5000, 1024).sizeBytes());
    assertArrayEquals(new byte[5000], disk.content(spare.path()));
  }

  @Test
  void whatIsTakenKeepsItsNameUntilItWasRenamed() throws IOException {
    spare.prepare(() -> 1024);
    run();
    spare.take(1024, 1024).file().write(ByteBuffer.wrap(new byte[] {9}), 0);
    spare.recycle(OLD, 3000);
    run();
    assertEquals(9, disk.content(spare.path())[0]);
    assertFalse(disk.exists(OLD), "what cannot be used again is deleted");
    disk.rename(spare.path(), DIRECTORY.resolve("named"));
    spare.renamed();
    spare.prepare(() -> 2048);
    run();
    assertEquals(2048, disk.content(spare.path()).length);
  }

  @Test
  void onlyOneSpareIsMade() {
    spare.prepare(() -> 1024);
    spare.prepare(() -> 1024);
    assertEquals(1, tasks.size());
    run();
    spare.prepare(() -> 1024);
    assertTrue(tasks.isEmpty());
  }

  @Test
  void aFullDiskLeavesASmallSpareThatGrowsWhenItIsNeeded() throws IOException {
    int[] room = {2};
    SpareSegment small = new SpareSegment(fullAfter(room), DIRECTORY, 1024, tasks::add);
    small.prepare(() -> 8000);
    run();
    assertNull(small.failure());
    assertEquals(2048, disk.content(small.path()).length);
    room[0] = 100;
    assertEquals(5000, small.take(5000, 8000).sizeBytes());
    assertArrayEquals(new byte[5000], disk.content(small.path()));
  }

  @Test
  void aDiskWithoutRoomForAnythingFailsOnlyWhoNeedsIt() throws IOException {
    int[] room = {0};
    SpareSegment small = new SpareSegment(fullAfter(room), DIRECTORY, 1024, tasks::add);
    small.prepare(() -> 8000);
    run();
    assertNull(small.failure());
    assertThrows(NoSpaceException.class, () -> small.take(1024, 8000));
  }

  /** A disk with room for a number of writes. */
  private Disk fullAfter(int[] writes) {
    return new InterceptedDisk(
        disk,
        (call, path) -> {
          if (call == InterceptedDisk.Call.WRITE && writes[0]-- <= 0) {
            throw new NoSpaceException("full", null);
          }
        });
  }

  private void run() {
    while (!tasks.isEmpty()) {
      tasks.poll().run();
    }
  }
}
