package io.holdfast.server.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What becomes of a write on a disk that somebody else has filled. */
class ReservedDiskTest {
  private static final Path DIRECTORY = Path.of("/simulated");
  private static final Path RESERVE = DIRECTORY.resolve("reserve");
  private static final Path FILE = DIRECTORY.resolve("file");
  private static final int RESERVE_BYTES = 300_000;

  private final SimulatedDisk simulated = new SimulatedDisk(DIRECTORY);
  private final FullDisk full = new FullDisk();
  private final InterceptedDisk machine = new InterceptedDisk(simulated, full);
  private final ReservedDisk disk = new ReservedDisk(machine, RESERVE, RESERVE_BYTES);

  @Test
  void aWriteThatFindsNoRoomIsDoneAgainWhole() throws IOException {
    disk.setAside();
    assertEquals(RESERVE_BYTES, simulated.content(RESERVE).length);
    assertTrue(disk.isSetAside());
    DiskFile file = disk.open(FILE, Disk.Mode.CREATE);
    full.whileExists(RESERVE);
    file.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 2);
    assertArrayEquals(new byte[] {0, 0, 1, 2, 3, 4}, simulated.content(FILE));
    assertFalse(simulated.exists(RESERVE));
    assertTrue(disk.wasFull());
    assertFalse(disk.isSetAside());
  }

  @Test
  void withoutAReserveTheWriterIsTold() throws IOException {
    disk.setAside();
    DiskFile file = disk.open(FILE, Disk.Mode.CREATE);
    full.always();
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
    assertThrows(NoSpaceException.class, () -> file.write(bytes, 0));
    assertFalse(simulated.exists(RESERVE));
    full.never();
    file.write(ByteBuffer.wrap(new byte[] {5}), 0);
    assertTrue(disk.wasFull());
    disk.setAside();
    assertFalse(disk.wasFull());
    assertEquals(RESERVE_BYTES, simulated.content(RESERVE).length);
  }

  @Test
  void aNewFileMayTakeTheReserveToo() throws IOException {
    disk.setAside();
    full.whileExists(RESERVE);
    disk.open(FILE, Disk.Mode.CREATE).close();
    assertTrue(simulated.exists(FILE));
    assertFalse(simulated.exists(RESERVE));
  }

  @Test
  void aReserveThatFindsNoRoomLeavesNothing() throws IOException {
    full.always();
    assertThrows(NoSpaceException.class, disk::setAside);
    assertFalse(simulated.exists(RESERVE));
    assertFalse(disk.isSetAside());
  }

  @Test
  void aReserveOfAnEarlierRunIsTakenOver() throws IOException {
    disk.setAside();
    ReservedDisk next = new ReservedDisk(machine, RESERVE, RESERVE_BYTES);
    full.always();
    next.setAside();
    assertTrue(next.isSetAside());
  }

  @Test
  void aDiskIsDividedByItsSize() {
    SpacePlan usual = SpacePlan.of(100L << 30);
    assertEquals(new SpacePlan(64L << 20, 4L << 20, 64L << 20, 64L << 20), usual);
    SpacePlan small = SpacePlan.of(64L << 20);
    assertEquals(new SpacePlan(4L << 20, 1L << 20, 2L << 20, 4L << 20), small);
    assertEquals(0, SpacePlan.of(Long.MAX_VALUE).watermarkBytes());
  }

  /** Has no room: never, always, or while a file exists. A write that fails is half done. */
  private final class FullDisk implements InterceptedDisk.Interceptor {
    private boolean full;
    private Path occupant;

    void always() {
      full = true;
      occupant = null;
    }

    void never() {
      full = false;
    }

    void whileExists(Path file) {
      full = true;
      occupant = file;
    }

    @Override
    public void before(InterceptedDisk.Call call, Path path) throws IOException {
      if (call == InterceptedDisk.Call.CREATE && isFull()) {
        throw new NoSpaceException("full", null);
      }
    }

    @Override
    public int bytesWritten(Path path, int bytes) {
      return isFull() ? bytes / 2 : bytes;
    }

    @Override
    public void after(InterceptedDisk.Call call, Path path) throws IOException {
      if (call == InterceptedDisk.Call.WRITE && isFull()) {
        throw new NoSpaceException("full", null);
      }
    }

    private boolean isFull() {
      return full && (occupant == null || simulated.exists(occupant));
    }
  }
}
