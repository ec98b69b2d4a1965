package io.holdfast.server.mvcc;

import static io.holdfast.server.mvcc.CheckpointedStore.INDEX;
import static io.holdfast.server.mvcc.CheckpointedStore.UNFINISHED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** When a checkpoint is used, what it saves, and everything that must keep it from being used. */
class IndexCheckpointTest {
  private static final int KEYS = 400;

  private static CheckpointedStore filled() {
    CheckpointedStore filled = CheckpointedStore.fresh();
    filled.puts(0, KEYS, "a");
    filled.put("key-0007", "leased", 7);
    filled.delete("key-0011");
    return filled;
  }

  /** Opens what is on the disk, and compares with what a start without a checkpoint finds. */
  private static void opens(SimulatedDisk disk, boolean fromCheckpoint) {
    StoreImage expected = CheckpointedStore.imageWithout(disk);
    CheckpointedStore opened = CheckpointedStore.open(disk.processKill());
    assertEquals(fromCheckpoint, opened.store.isFromCheckpoint());
    StoreImage.assertSame(expected, opened.image());
  }

  private static void replaceIndex(SimulatedDisk disk, byte[] content) throws IOException {
    if (disk.exists(INDEX)) {
      disk.delete(INDEX);
    }
    try (DiskFile file = disk.open(INDEX, Disk.Mode.CREATE)) {
      file.write(ByteBuffer.wrap(content), 0);
    }
  }

  @Test
  void aStartReadsOnlyWhatCameAfterIt() {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    filled.puts(10, 20, "b");
    filled.delete("key-0003");
    filled.put("new", "b", 9);
    filled.sync();
    opens(filled.disk, true);
    CheckpointedStore opened = filled.killedAndOpened();
    int leaves = opened.store.packedLeaves();
    assertTrue(leaves > 5, leaves + " leaves are packed, also those with later writes");
    opened.store.forEachLeasedKey((key, lease) -> {});
    assertTrue(opened.store.packedLeaves() >= leaves - 2, "leaves without leases stay packed");
    opened.store.range(RangeQuery.builder(KeyRange.all()).countOnly(true).build());
    assertTrue(opened.store.packedLeaves() >= leaves - 2, "counting opens nothing");
    opened.store.range(RangeQuery.of(KeyRange.single(CheckpointedStore.key("key-0200"))));
    assertTrue(opened.store.packedLeaves() >= leaves - 3, "one key is in one leaf");
  }

  @Test
  void compactionOpensOnlyLeavesWithAPast() {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    CheckpointedStore opened = filled.killedAndOpened();
    int leaves = opened.store.packedLeaves();
    opened.compactWholly(opened.store.currentRevision());
    assertEquals(leaves - 1, opened.store.packedLeaves(), "both keys with a past are in one leaf");
    opened.checkpoint();
    opens(opened.disk, true);
  }

  @Test
  void compactionRemovesWhatWasWrittenBesidePackedLeaves() {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    filled.put("key-0300", "b");
    filled.sync();
    CheckpointedStore opened = filled.killedAndOpened();
    assertTrue(opened.store.isFromCheckpoint());
    opened.compactWholly(opened.store.currentRevision());
    assertEquals(KEYS - 1, opened.backend.revisions().size(), "one record for each living key");
  }

  @Test
  void packedLeavesAreWrittenDownAgainAsTheyAre() throws IOException {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    byte[] first = filled.disk.content(INDEX);
    CheckpointedStore opened = filled.killedAndOpened();
    for (int i = 0; i < 6; i++) {
      opened.puts(390, KEYS, "c" + i);
    }
    opened.checkpoint();
    assertTrue(opened.store.packedLeaves() > 5);
    assertFalse(Arrays.equals(first, opened.disk.content(INDEX)));
    opens(opened.disk, true);
    CheckpointedStore again = opened.killedAndOpened();
    again.put("key-0100", "d");
    again.sync();
    CheckpointedStore third = again.killedAndOpened();
    for (int i = 0; i < 6; i++) {
      third.puts(200, 220, "e" + i);
    }
    third.checkpoint();
    opens(third.disk, true);
  }

  @Test
  void writesBetweenItsStepsAreNeitherLostNorDoubled() {
    CheckpointedStore filled = CheckpointedStore.open(filledDisk(), 1, 5);
    int step = 0;
    while (filled.store.checkpointStep()) {
      filled.put(String.format("key-%04d", step * 37 % KEYS), "late");
      filled.put(String.format("more-%04d", step), "late");
      filled.delete(String.format("key-%04d", step * 11 % KEYS));
      step++;
    }
    assertTrue(step > 20, step + " steps");
    filled.sync();
    opens(filled.disk, true);
    filled.puts(0, 5, "after");
    filled.sync();
    opens(filled.disk, true);
  }

  private static SimulatedDisk filledDisk() {
    CheckpointedStore filled = filled();
    filled.sync();
    return filled.disk.processKill();
  }

  @Test
  void manyNewKeysInOneLeafAreSpread() {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    filled.puts(KEYS, 2 * KEYS, "b");
    for (int i = 0; i < 100; i++) {
      filled.put("key-0100/" + i, "b");
    }
    filled.sync();
    opens(filled.disk, true);
  }

  @Test
  void longKeysTakeMoreSteps() {
    CheckpointedStore filled = CheckpointedStore.fresh();
    for (int i = 0; i < 200; i++) {
      filled.put(String.format("%04d", i) + "k".repeat(20_000), "a");
    }
    int steps = 1;
    while (filled.store.checkpointStep()) {
      steps++;
    }
    assertTrue(steps > 1, steps + " steps");
    filled.sync();
    opens(filled.disk, true);
  }

  @Test
  void everyFlippedByteIsNoticed() throws IOException {
    CheckpointedStore filled = CheckpointedStore.fresh();
    filled.puts(0, 12, "a");
    filled.checkpoint();
    filled.put("key-0001", "b");
    filled.sync();
    opens(filled.disk, true);
    StoreImage expected = CheckpointedStore.imageWithout(filled.disk);
    byte[] whole = filled.disk.content(INDEX);
    for (int at = 0; at < whole.length; at++) {
      SimulatedDisk disk = filled.disk.processKill();
      disk.flipBit(INDEX, at * 8L + at % 8);
      refuses(disk, expected);
    }
    for (int length = 0; length < whole.length; length++) {
      SimulatedDisk disk = filled.disk.processKill();
      replaceIndex(disk, Arrays.copyOf(whole, length));
      refuses(disk, expected);
    }
    SimulatedDisk longer = filled.disk.processKill();
    replaceIndex(longer, Arrays.copyOf(whole, whole.length + 1));
    refuses(longer, expected);
    SimulatedDisk twice = filled.disk.processKill();
    byte[] doubled = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, doubled, whole.length, whole.length);
    replaceIndex(twice, doubled);
    refuses(twice, expected);
  }

  @Test
  void aBlockThatIsLeftOutIsNoticed() throws IOException {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    StoreImage expected = CheckpointedStore.imageWithout(filled.disk);
    byte[] whole = filled.disk.content(INDEX);
    int block = 8 + ByteBuffer.wrap(whole).getInt(Long.BYTES);
    ByteBuffer rest = ByteBuffer.allocate(whole.length - block);
    rest.put(whole, 0, Long.BYTES);
    rest.put(whole, Long.BYTES + block, whole.length - Long.BYTES - block);
    SimulatedDisk disk = filled.disk.processKill();
    replaceIndex(disk, rest.array());
    refuses(disk, expected);
  }

  private static void refuses(SimulatedDisk disk, StoreImage expected) {
    CheckpointedStore opened = CheckpointedStore.open(disk);
    assertFalse(opened.store.isFromCheckpoint());
    StoreImage.assertSame(expected, opened.image());
  }

  @Test
  void oneOfAnOlderStateIsCompletedAndOneOfALaterStateRefused() throws IOException {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    SimulatedDisk early = filled.disk.processKill();
    byte[] old = filled.disk.content(INDEX);
    filled.puts(0, 100, "b");
    filled.checkpoint();
    byte[] young = filled.disk.content(INDEX);
    assertFalse(Arrays.equals(old, young));
    replaceIndex(filled.disk, old);
    opens(filled.disk, true);
    replaceIndex(early, young);
    opens(early, false);
  }

  @Test
  void oneOfAnotherStoreIsRefused() throws IOException {
    CheckpointedStore one = filled();
    one.checkpoint();
    CheckpointedStore other = CheckpointedStore.fresh();
    other.puts(0, KEYS, "A");
    other.put("key-0007", "leased", 7);
    other.delete("key-0011");
    other.sync();
    replaceIndex(other.disk, one.disk.content(INDEX));
    opens(other.disk, false);
  }

  @Test
  void oneWhoseStoreTookAnotherTurnWhileItWasWrittenIsRefused() throws IOException {
    SimulatedDisk common = filledDisk();
    CheckpointedStore one = CheckpointedStore.open(common.processKill(), 1, 5);
    while (one.store.checkpointStep()) {
      one.put("key-0390", "one");
    }
    one.sync();
    CheckpointedStore other = CheckpointedStore.open(common.processKill(), 1_000_000, 5);
    while (other.store.currentRevision() < one.store.currentRevision() + 5) {
      other.put("key-0391", "other");
    }
    other.sync();
    replaceIndex(other.disk, one.disk.content(INDEX));
    opens(other.disk, false);
    opens(one.disk, true);
  }

  @Test
  void oneFromBeforeACompactionIsRefusedOnceSomethingWasRemoved() {
    CheckpointedStore filled = filled();
    filled.puts(0, 300, "b");
    filled.checkpoint();
    filled.store.compact(filled.store.currentRevision());
    filled.sync();
    opens(filled.disk, true);
    long records = filled.backend.revisions().size();
    while (filled.backend.revisions().size() == records) {
      assertTrue(filled.store.compactStep(3));
    }
    filled.sync();
    opens(filled.disk, false);
    while (filled.store.compactStep(100)) {
      assertTrue(filled.store.isCompacting());
    }
    filled.sync();
    opens(filled.disk, false);
    filled.checkpoint();
    opens(filled.disk, true);
  }

  @Test
  void aCompactionEndsTheOneBeingWritten() throws IOException {
    CheckpointedStore filled = CheckpointedStore.open(filledDisk(), 1, 5);
    assertTrue(filled.store.checkpointStep());
    assertTrue(filled.disk.exists(UNFINISHED));
    filled.store.compact(filled.store.currentRevision() - 1);
    assertFalse(filled.disk.exists(UNFINISHED));
    assertFalse(filled.store.checkpointStep(), "not while records are being removed");
    while (filled.store.compactStep(100)) {
      assertFalse(filled.store.checkpointStep());
    }
    filled.checkpoint();
    opens(filled.disk, true);
  }

  @Test
  void theOneBeforeStaysUntilTheNextFitsADurableStore() throws IOException {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    byte[] first = filled.disk.content(INDEX);
    filled.puts(0, 200, "b");
    while (filled.store.checkpointStep()) {
      assertTrue(filled.disk.exists(UNFINISHED));
    }
    assertArraysEqual(first, filled.disk.content(INDEX));
    opens(filled.disk, true);
    byte[] waiting = filled.disk.content(UNFINISHED);
    filled.puts(0, 200, "c");
    filled.store.checkpointStep();
    assertArraysEqual(waiting, filled.disk.content(UNFINISHED));
    filled.commit();
    assertArraysEqual(first, filled.disk.content(INDEX));
    opens(filled.disk, true);
    filled.backend.sync();
    assertFalse(filled.disk.exists(UNFINISHED));
    assertFalse(Arrays.equals(first, filled.disk.content(INDEX)));
    opens(filled.disk, true);
  }

  private static void assertArraysEqual(byte[] expected, byte[] found) {
    assertTrue(Arrays.equals(expected, found));
  }

  @Test
  void aFinishedOneGetsItsNameAtTheLatestWhenTheStoreIsClosed() throws IOException {
    CheckpointedStore filled = filled();
    while (filled.store.checkpointStep()) {
      assertFalse(filled.disk.exists(INDEX));
    }
    filled.commit();
    assertFalse(filled.disk.exists(INDEX));
    filled.backend.close();
    assertTrue(filled.disk.exists(INDEX));
    assertFalse(filled.disk.exists(UNFINISHED));
    opens(filled.disk, true);
  }

  @Test
  void powerCutsAtAnyMomentLeaveOneThatFitsOrNone() {
    SplittableRandom random = new SplittableRandom(5);
    int used = 0;
    for (int round = 0; round < 60; round++) {
      CheckpointedStore filled =
          CheckpointedStore.open(new SimulatedDisk(CheckpointedStore.ROOT), 1, 5);
      int steps = random.nextInt(200);
      for (int i = 0; i < steps; i++) {
        filled.store.checkpointStep();
        filled.put("key-" + random.nextInt(20), "p");
        if (random.nextInt(20) == 0) {
          filled.sync();
        }
      }
      SimulatedDisk cut = filled.disk.powerCut(random);
      StoreImage expected = CheckpointedStore.imageWithout(cut);
      CheckpointedStore opened = CheckpointedStore.open(cut);
      used += opened.store.isFromCheckpoint() ? 1 : 0;
      StoreImage.assertSame(expected, opened.image());
    }
    assertTrue(used > 0, "some outlive the cut");
  }

  @Test
  void leftoversAreInNobodysWay() throws IOException {
    CheckpointedStore filled = CheckpointedStore.open(filledDisk(), 1, 5);
    assertTrue(filled.store.checkpointStep());
    SimulatedDisk killed = filled.disk.processKill();
    assertTrue(killed.exists(UNFINISHED));
    CheckpointedStore opened = CheckpointedStore.open(killed);
    assertFalse(opened.store.isFromCheckpoint());
    assertFalse(killed.exists(UNFINISHED));
    opened.checkpoint();
    assertFalse(killed.exists(UNFINISHED));
    opens(killed, true);
  }

  @Test
  void anIndexThatDisagreesWithTheHistoryIsNotWrittenDown() throws IOException {
    CheckpointedStore filled = filled();
    KeyTree other = new KeyTree();
    for (int i = 0; i < KEYS; i++) {
      KeyVersion version =
          KeyVersion.first(
              CheckpointedStore.key("key-" + i).bytes(), i + 2L, 0, i + 2L, 1, 0, null);
      other.locate(version.key);
      other.putLocated(version);
    }
    IndexCheckpoint.Writing writing =
        new IndexCheckpoint.Writing(other, filled.backend, filled.store.currentRevision());
    long current = filled.store.currentRevision();
    assertThrows(
        IOException.class,
        () -> {
          while (writing.step(current, 1_000)) {
            assertTrue(filled.disk.exists(UNFINISHED));
          }
        });
    writing.giveUp();
    assertFalse(filled.disk.exists(UNFINISHED));
  }

  @Test
  void itIsDueOnceAGoodPartOfTheHistoryIsNotInTheLastOne() throws IOException {
    CheckpointedStore filled =
        CheckpointedStore.open(new SimulatedDisk(CheckpointedStore.ROOT), 50, 1_000);
    filled.puts(0, 49, "a");
    assertFalse(begins(filled));
    filled.puts(49, KEYS, "a");
    assertTrue(begins(filled));
    filled.checkpoint();
    filled.puts(0, 40, "b");
    assertFalse(begins(filled));
    filled.puts(0, 40, "c");
    assertTrue(begins(filled));
    filled.checkpoint();
    for (int i = 0; i < 5; i++) {
      filled.puts(0, KEYS, "d");
      filled.checkpoint();
    }
    filled.puts(0, 200, "e");
    assertFalse(begins(filled), "less than an eighth");
    CheckpointedStore opened = CheckpointedStore.open(syncedCopy(filled), 50, 1_000);
    assertTrue(opened.store.isFromCheckpoint());
    assertFalse(begins(opened), "a start counts what it read");
    opened.puts(0, KEYS, "f");
    assertTrue(begins(opened));
  }

  @Test
  void whileNobodyWritesLessIsEnough() throws IOException {
    CheckpointedStore filled =
        CheckpointedStore.open(new SimulatedDisk(CheckpointedStore.ROOT), 80, 1_000);
    filled.puts(0, 10, "a");
    for (int look = 0; look < 10; look++) {
      assertFalse(begins(filled));
    }
    filled.put("key-0001", "b");
    for (int look = 0; look < 10; look++) {
      assertFalse(begins(filled));
    }
    assertTrue(begins(filled));
    filled.sync();
    filled.puts(0, 9, "c");
    for (int look = 0; look < 20; look++) {
      assertFalse(begins(filled), "an eighth of the least");
    }
  }

  private static SimulatedDisk syncedCopy(CheckpointedStore store) {
    store.sync();
    return store.disk.processKill();
  }

  /** Whether a step would do something; tried out on a disk of its own. */
  private static boolean begins(CheckpointedStore store) throws IOException {
    boolean before = store.disk.exists(UNFINISHED);
    store.store.checkpointStep();
    boolean after = store.disk.exists(UNFINISHED);
    return after && !before;
  }

  @Test
  void afterDamageTheNextStartReadsEverything() throws IOException {
    CheckpointedStore filled = filled();
    filled.checkpoint();
    filled.puts(0, 9, "b");
    filled.checkpoint();
    filled.backend.distrustIndexFile();
    assertFalse(filled.disk.exists(INDEX));
    filled.puts(0, KEYS, "c");
    filled.checkpoint();
    assertFalse(filled.disk.exists(INDEX));
    opens(filled.disk, false);
  }

  @Test
  void aDiskThatRefusesAnyOfItsCallsIsNoFailure() throws IOException {
    SimulatedDisk begun = filledDisk();
    for (int refused = 0; refused < 40; refused++) {
      int[] left = {refused};
      CheckpointedStore filled =
          CheckpointedStore.open(
              begun.processKill(),
              (call, path) -> {
                boolean its = path.equals(INDEX) || path.equals(UNFINISHED);
                if (its && left[0]-- <= 0) {
                  throw new IOException("no " + call);
                }
              });
      for (int i = 0; i < 200; i++) {
        filled.store.checkpointStep();
      }
      filled.put("key-0001", "refused");
      filled.sync();
      StoreImage expected = CheckpointedStore.imageWithout(filled.disk);
      StoreImage.assertSame(expected, filled.image());
      StoreImage.assertSame(expected, filled.killedAndOpened().image());
    }
  }
}
