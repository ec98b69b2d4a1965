package io.holdfast.server.wal.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.wal.BatchListener;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is cut and what is refused, byte by byte and bit by bit. */
class DamageTest {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path DIRECTORY = ROOT.resolve("wal");
  private static final WalIdentity SELF = new WalIdentity(7, 9);
  private static final int SECTOR_BYTES = 512;

  private SimulatedDisk disk;
  private Wal wal;
  private long last;

  @BeforeEach
  void create() {
    disk = new SimulatedDisk(ROOT);
    wal = Wal.open(DIRECTORY, options(), SELF).wal();
    last = 0;
  }

  @Test
  void aTailTornAtAnyByteIsCut() throws IOException {
    append(100, 30);
    append(0);
    byte[] before = lastSegment();
    String acknowledged = recovered(before);
    append(300, 900, 20);
    byte[] after = lastSegment();
    String complete = recovered(after);
    int from = Arrays.mismatch(before, after);
    int to = end(after);
    assertTrue(to - from > 1200);
    for (int cut = from; cut < to; cut++) {
      byte[] torn = after.clone();
      Arrays.fill(torn, cut, to, (byte) 0);
      assertEquals(acknowledged, recovered(torn), "torn at " + cut);
    }
    assertEquals(complete, recovered(after));
  }

  @Test
  void anyMissingSectorsOfTheLastBatchAreCut() throws IOException {
    append(100);
    byte[] before = lastSegment();
    String acknowledged = recovered(before);
    append(0, 700, 512, 1500); // the second and third hold zeros only
    byte[] after = lastSegment();
    String complete = recovered(after);
    int first = Arrays.mismatch(before, after) / SECTOR_BYTES;
    int sectors = (end(after) - 1) / SECTOR_BYTES - first + 1;
    assertTrue(sectors >= 6, "sectors: " + sectors);
    for (int lost = 1; lost < 1 << sectors; lost++) {
      byte[] torn = after.clone();
      for (int sector = 0; sector < sectors; sector++) {
        if ((lost & 1 << sector) != 0) {
          int at = (first + sector) * SECTOR_BYTES;
          System.arraycopy(before, at, torn, at, SECTOR_BYTES);
        }
      }
      assertEquals(acknowledged, recovered(torn), "lost " + Integer.toBinaryString(lost));
    }
    assertEquals(complete, recovered(after));
  }

  @Test
  void whatWasCutIsZeroedAndTheLogGoesOn() throws IOException {
    append(10);
    append(900, 900);
    Path path = segments().get(0);
    byte[] torn = disk.content(path);
    Arrays.fill(torn, end(torn) - 700, end(torn), (byte) 0);
    wal.close();
    disk.overwrite(path, torn);
    wal = Wal.open(DIRECTORY, options(), SELF).wal();
    assertEquals(1, wal.lastIndex());
    byte[] repaired = disk.content(path);
    assertArrayEquals(
        new byte[4096 - end(repaired)], Arrays.copyOfRange(repaired, end(repaired), 4096));
    assertTrue(end(repaired) < end(torn));
    last = 1;
    append(900, 900);
    assertEquals(3, reopened(disk.processKill()).size());
  }

  @Test
  void everyFlippedBitIsHarmlessOrRefused() throws IOException {
    append(40, 0);
    append(600);
    append(5);
    append(700);
    byte[] content = lastSegment();
    String acknowledged = recovered(content);
    int refused = 0;
    for (int bit = 0; bit < content.length * 8; bit++) {
      byte[] damaged = content.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        assertEquals(acknowledged, recovered(damaged), "bit " + bit);
      } catch (StartupException e) {
        refused++;
      }
    }
    assertTrue(refused >= end(content) * 8, "refused only " + refused + " flips");
  }

  @Test
  void everyFlippedByteInAnEarlierSegmentIsHarmlessOrRefused() throws IOException {
    while (segments().size() < 3) {
      append(400);
    }
    Path second = segments().get(1);
    byte[] content = disk.content(second);
    String acknowledged = recoveredAfter(disk.processKill());
    for (int at = 0; at < content.length; at++) {
      byte[] damaged = content.clone();
      damaged[at] ^= (byte) 0xFF;
      SimulatedDisk copy = disk.processKill();
      copy.overwrite(second, damaged);
      try {
        assertEquals(acknowledged, recoveredAfter(copy), "byte " + at);
      } catch (StartupException e) {
        assertTrue(e.getMessage().contains(second.toString()), e.getMessage());
      }
    }
  }

  @Test
  void aZeroedSectorBeforeTheLastBatchIsRefusedByNameAndPlace() throws IOException {
    for (int i = 0; i < 10; i++) {
      append(100 + i * 10);
    }
    append(1);
    byte[] content = lastSegment();
    int batches = end(content) / SECTOR_BYTES;
    for (int sector = 0; sector < batches; sector++) {
      byte[] damaged = content.clone();
      Arrays.fill(damaged, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES, (byte) 0);
      StartupException refused =
          assertThrows(StartupException.class, () -> recovered(damaged), "sector " + sector);
      assertTrue(refused.getMessage().contains(segments().get(0).toString()));
      assertTrue(refused.getMessage().contains("damaged at byte "), refused.getMessage());
      assertEquals(-1, refused.getMessage().indexOf('\n'));
    }
  }

  @Test
  void aRefusalChangesNothing() throws IOException {
    append(100);
    append(100);
    SimulatedDisk copy = disk.processKill();
    Path path = segments().get(0);
    byte[] damaged = disk.content(path);
    damaged[700] ^= 1;
    copy.overwrite(path, damaged);
    assertThrows(StartupException.class, () -> recoveredAfter(copy));
    assertArrayEquals(damaged, copy.content(path));
  }

  @Test
  void aCutOrLongerFileIsRefused() throws IOException {
    append(100);
    byte[] content = lastSegment();
    for (int length = 0; length < content.length; length += 7) {
      byte[] cut = Arrays.copyOf(content, length);
      assertThrows(StartupException.class, () -> recovered(cut), "length " + length);
    }
    byte[] longer = Arrays.copyOf(content, content.length + 1);
    StartupException refused = assertThrows(StartupException.class, () -> recovered(longer));
    assertTrue(refused.getMessage().contains("4097 bytes where its head says 4096"));
  }

  @Test
  void randomBytesNeverCauseMoreThanARefusal() throws IOException {
    append(40, 0, 300);
    append(600);
    append(5);
    byte[] content = lastSegment();
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      byte[] fuzzed = content.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        int at = random.nextInt(end(content));
        int bytes = Math.min(1 + random.nextInt(16), fuzzed.length - at);
        byte value = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
        Arrays.fill(fuzzed, at, at + bytes, value);
      }
      try {
        recovered(fuzzed);
      } catch (StartupException e) {
        assertTrue(e.getMessage().length() > 40);
      }
    }
  }

  private void append(int... sizes) {
    List<Entry> entries = new ArrayList<>();
    for (int size : sizes) {
      byte[] data = new byte[size];
      if (sizes.length < 4) {
        Arrays.fill(data, (byte) (last + 3));
      }
      entries.add(new Entry(++last, 1, EntryType.NORMAL, data));
    }
    wal.append(Optional.of(new HardState(1, 1, 0)), entries);
    wal.sync();
  }

  private List<Path> segments() throws IOException {
    return disk.list(DIRECTORY).stream()
        .filter(name -> name.endsWith(".wal"))
        .map(DIRECTORY::resolve)
        .toList();
  }

  private byte[] lastSegment() throws IOException {
    List<Path> segments = segments();
    return disk.content(segments.get(segments.size() - 1));
  }

  /** Behind the last byte that is not zero. */
  private static int end(byte[] content) {
    int end = content.length;
    while (content[end - 1] == 0) {
      end--;
    }
    return end;
  }

  /** What is read back when the last segment has this content. */
  private String recovered(byte[] content) throws IOException {
    SimulatedDisk copy = disk.processKill();
    List<Path> segments = segments();
    copy.overwrite(segments.get(segments.size() - 1), content);
    return recoveredAfter(copy);
  }

  private static String recoveredAfter(SimulatedDisk copy) {
    WalOptions options = new WalOptions(copy, 16 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
    Wal.Opened opened = Wal.open(DIRECTORY, options, SELF);
    opened.wal().close();
    return LogTwin.describe(opened.recovered());
  }

  private static List<Entry> reopened(SimulatedDisk copy) {
    WalOptions options = new WalOptions(copy, 16 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
    Wal.Opened opened = Wal.open(DIRECTORY, options, SELF);
    opened.wal().close();
    return opened.recovered().entries();
  }

  private WalOptions options() {
    return new WalOptions(disk, 4 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
  }
}
