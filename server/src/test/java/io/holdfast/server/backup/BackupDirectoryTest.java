package io.holdfast.server.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupDirectoryTest {
  private static final long MONDAY = 1_700_000_000_000L;
  private static final BackupAbout ABOUT = new BackupAbout("test", 0xc1, 7, MONDAY);

  @TempDir Path root;

  /** A bucket with some records. */
  private record Content() implements SnapshotContent {
    @Override
    public SnapshotMetadata metadata() {
      return new SnapshotMetadata(5, 2, ConfState.ofVoters(List.of(1L)));
    }

    @Override
    public void forEach(SnapshotRecordConsumer consumer) throws IOException {
      byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(1).array();
      consumer.accept(0, "leases".getBytes(StandardCharsets.UTF_8), number);
      for (int i = 0; i < 50; i++) {
        consumer.accept(1, new byte[] {(byte) i}, new byte[100]);
      }
    }

    @Override
    public void close() {
      // Nothing is pinned.
    }
  }

  @Test
  void keepsTheNewestAndOnlyItsOwn() throws IOException {
    Path shared = root.resolve("some/where");
    BackupDirectory mine = new BackupDirectory(new RealDisk(), shared, "m1", 0xc1);
    BackupDirectory other = new BackupDirectory(new RealDisk(), shared, "m2", 0xc1);
    save(other, MONDAY);
    Files.writeString(shared.resolve("notes.txt"), "not mine");
    for (int i = 0; i < 5; i++) {
      save(mine, MONDAY + i * 1000);
    }
    BackupDirectory.Retention retention = mine.retain(2);
    assertEquals(2, retention.kept());
    assertEquals(3, retention.deleted().size());
    assertEquals(4, names(shared).size());
    assertEquals(MONDAY + 4000, mine.newestMillis().orElseThrow());
    assertEquals(MONDAY, other.newestMillis().orElseThrow());
  }

  @Test
  void aDamagedFileDoesNotCountAndStays() throws IOException {
    BackupDirectory before = new BackupDirectory(new RealDisk(), root, "m1", 0xc1);
    for (int i = 0; i < 4; i++) {
      save(before, MONDAY + i * 1000);
    }
    String newest = names(root).get(3);
    byte[] bytes = Files.readAllBytes(root.resolve(newest));
    bytes[400] ^= 1;
    Files.write(root.resolve(newest), bytes);
    // Another process, which has read none of them yet.
    BackupDirectory again = new BackupDirectory(new RealDisk(), root, "m1", 0xc1);
    BackupDirectory.Retention retention = again.retain(2);
    assertEquals(List.of(newest), retention.damaged());
    assertEquals(2, retention.kept());
    assertEquals(1, retention.deleted().size());
    assertTrue(names(root).contains(newest));
  }

  @Test
  void aClockThatGoesBackDoesNotMakeTheNewestOld() throws IOException {
    BackupDirectory directory = new BackupDirectory(new RealDisk(), root, "m1", 0xc1);
    save(directory, MONDAY);
    String later = save(directory, MONDAY - 3_600_000).fileName();
    assertEquals(later, names(root).get(1), "the later backup has the later name");
    assertEquals(1, directory.retain(1).deleted().size());
    assertEquals(List.of(later), names(root));
  }

  @Test
  void afterAFailureNothingIsLeftAndTheNextOneWorks() throws IOException {
    BackupDirectory directory = new BackupDirectory(new RealDisk(), root, "m1", 0xc1);
    assertThrows(
        IOException.class,
        () ->
            directory.save(
                3,
                MONDAY,
                out -> {
                  out.write(1);
                  throw new IOException("the state cannot be read");
                }));
    assertEquals(List.of(), names(root));
    // What is not a whole backup never gets a name.
    assertThrows(IOException.class, () -> directory.save(3, MONDAY, out -> out.write(1)));
    assertEquals(List.of(), names(root));
    Files.writeString(root.resolve("holdfast-m1-c1-20230101T000000.000Z-r1.db.part"), "killed");
    save(directory, MONDAY);
    assertEquals(1, names(root).size());
  }

  @Test
  void aFailureOrAPowerCutAtAnyCallLeavesWholeBackupsOnly() throws IOException {
    for (int failing = 1; failing < 60; failing++) {
      int number = failing;
      int[] count = {0};
      SimulatedDisk disk = new SimulatedDisk(root);
      save(new BackupDirectory(disk, root, "m1", 0xc1), MONDAY);
      Disk faulty =
          new InterceptedDisk(
              disk,
              (call, path) -> {
                if (++count[0] == number) {
                  throw new IOException("injected");
                }
              });
      boolean saved = false;
      try {
        save(new BackupDirectory(faulty, root, "m1", 0xc1), MONDAY + 1000);
        saved = true;
      } catch (IOException e) {
        assertTrue(count[0] >= number, e.toString());
      }
      for (int seed = 0; seed < 4; seed++) {
        SimulatedDisk after = disk.powerCut(new Random(number * 7L + seed));
        BackupDirectory.Retention retention =
            new BackupDirectory(after, root, "m1", 0xc1).retain(10);
        assertEquals(List.of(), retention.damaged());
        assertTrue(retention.kept() >= (saved ? 2 : 1), "call " + number);
      }
      if (count[0] < number) {
        return;
      }
    }
    throw new AssertionError("the calls never ended");
  }

  private static BackupDirectory.Saved save(BackupDirectory directory, long millis)
      throws IOException {
    return directory.save(9, millis, out -> BackupWriter.write(new Content(), ABOUT, out));
  }

  private static List<String> names(Path directory) throws IOException {
    return new RealDisk().list(directory);
  }
}
