package io.holdfast.server.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalTest {
  private static final WalIdentity SELF = new WalIdentity(0xa1, 0xc1);
  private static final WalOptions SMALL = WalOptions.defaults().withSegmentBytesMax(16 << 10);
  private static final ConfState CONF = ConfState.ofVoters(List.of(1L, 2L, 3L));

  @TempDir Path root;

  @Test
  void aFreshLogIsEmptyAndStaysSo() {
    try (Wal wal = open(SMALL, true).wal()) {
      assertEquals(0, wal.lastIndex());
    }
    Wal.Opened again = open(SMALL, false);
    again.wal().close();
    assertEquals(HardState.INITIAL, again.recovered().hardState());
    assertEquals(0, again.recovered().snapshot().index());
    assertTrue(again.recovered().entries().isEmpty());
    assertEquals(SELF, again.recovered().identity());
  }

  @Test
  void whatWasAppendedComesBack() {
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.of(new HardState(3, 2, 0)), List.of(entry(1, 3, 10), entry(2, 3, 0)));
      wal.sync();
      wal.append(
          Optional.of(new HardState(3, 2, 2)),
          List.of(new Entry(3, 3, EntryType.CONFIG_CHANGE, new byte[] {7})));
      wal.sync();
    }
    Wal.Opened again = open(SMALL, false);
    again.wal().close();
    assertEquals(new HardState(3, 2, 2), again.recovered().hardState());
    List<Entry> entries = again.recovered().entries();
    assertEquals(3, entries.size());
    assertSame(entry(1, 3, 10), entries.get(0));
    assertSame(entry(2, 3, 0), entries.get(1));
    assertEquals(EntryType.CONFIG_CHANGE, entries.get(2).type());
    assertEquals(3, again.recovered().lastIndex());
  }

  @Test
  void anEntryAtAnEarlierIndexReplacesTheSuffix() {
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.empty(), List.of(entry(1, 1, 9), entry(2, 1, 9), entry(3, 1, 9)));
      wal.sync();
      wal.append(Optional.empty(), List.of(entry(2, 2, 5)));
      wal.sync();
      assertEquals(2, wal.lastIndex());
    }
    Recovered recovered = reopened(SMALL);
    assertEquals(List.of(1L, 2L), recovered.entries().stream().map(Entry::index).toList());
    assertSame(entry(2, 2, 5), recovered.entries().get(1));
  }

  @Test
  void aSavedSnapshotDropsWhatItCoversAndKeepsTheRest() {
    SnapshotMetadata mark = new SnapshotMetadata(2, 1, CONF);
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.empty(), List.of(entry(1, 1, 9), entry(2, 1, 9), entry(3, 1, 9)));
      wal.snapshotSaved(mark);
      wal.sync();
    }
    Recovered recovered = reopened(SMALL);
    assertEquals(mark, recovered.snapshot());
    assertEquals(List.of(3L), recovered.entries().stream().map(Entry::index).toList());
  }

  @Test
  void anInstalledSnapshotVoidsEverythingBefore() {
    SnapshotMetadata mark = new SnapshotMetadata(2, 1, CONF);
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.empty(), List.of(entry(1, 1, 9), entry(2, 1, 9), entry(3, 1, 9)));
      wal.snapshotInstalled(mark);
      wal.sync();
      assertEquals(2, wal.lastIndex());
    }
    Recovered recovered = reopened(SMALL);
    assertEquals(mark, recovered.snapshot());
    assertTrue(recovered.entries().isEmpty());
  }

  @Test
  void aMarkKeepsTheWholeMembership() {
    ConfState joint =
        new ConfState(
            new TreeSet<>(List.of(1L, 2L, -5L)),
            new TreeSet<>(List.of(2L, 3L)),
            new TreeSet<>(List.of(9L)),
            new TreeSet<>(List.of(3L)),
            true);
    SnapshotMetadata mark = new SnapshotMetadata(0, 0, joint);
    try (Wal wal = open(SMALL, true).wal()) {
      wal.snapshotSaved(mark);
      wal.sync();
    }
    assertEquals(mark, reopened(SMALL).snapshot());
  }

  @Test
  void entriesSpreadOverManySegmentsAndOldOnesGo() throws IOException {
    int count = 2000;
    try (Wal wal = open(SMALL, true).wal()) {
      for (int i = 1; i <= count; i++) {
        wal.append(Optional.of(new HardState(1, 1, i - 1)), List.of(entry(i, 1, 100)));
        wal.sync();
      }
      assertTrue(segments().size() > 10, "segments: " + segments().size());
      wal.snapshotSaved(new SnapshotMetadata(count - 10, 1, CONF));
      wal.truncatePrefix(count - 9);
    }
    assertTrue(segments().size() <= 3, "segments left: " + segments());
    Recovered recovered = reopened(SMALL);
    assertEquals(10, recovered.entries().size());
    assertSame(entry(count, 1, 100), recovered.entries().get(9));
    assertEquals(count - 10, recovered.snapshot().index());
    assertEquals(new HardState(1, 1, count - 1), recovered.hardState());
  }

  @Test
  void recycledSegmentsServeAgainAndTheDirectoryDoesNotGrow() throws IOException {
    WalOptions inline = SMALL.withFillInline(true);
    int index = 0;
    try (Wal wal = open(inline, true).wal()) {
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++) {
          index++;
          wal.append(Optional.of(new HardState(1, 1, index - 1)), List.of(entry(index, 1, 200)));
          wal.sync();
        }
        wal.snapshotSaved(new SnapshotMetadata(index, 1, CONF));
        wal.truncatePrefix(index + 1);
        assertTrue(segments().size() <= 2, "segments: " + segments());
      }
    }
    Recovered recovered = reopened(inline);
    assertTrue(recovered.entries().isEmpty());
    assertEquals(index, recovered.lastIndex());
  }

  @Test
  void truncatingNeverPassesTheMark() {
    try (Wal wal = open(SMALL, true).wal()) {
      for (int i = 1; i <= 500; i++) {
        wal.append(Optional.empty(), List.of(entry(i, 1, 100)));
      }
      wal.sync();
      wal.truncatePrefix(400);
    }
    assertEquals(500, reopened(SMALL).entries().size());
  }

  @Test
  void anEntryLargerThanASegmentGetsOneOfItsSize() {
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.empty(), List.of(entry(1, 1, 10), entry(2, 1, 3 << 20)));
      wal.append(Optional.empty(), List.of(entry(3, 1, 6 << 20), entry(4, 1, 1)));
      wal.sync();
    }
    List<Entry> entries = reopened(SMALL).entries();
    assertEquals(4, entries.size());
    assertSame(entry(2, 1, 3 << 20), entries.get(1));
    assertSame(entry(3, 1, 6 << 20), entries.get(2));
  }

  @Test
  void zerosInCommandsAreKept() {
    byte[] zeros = new byte[5000];
    byte[] ones = new byte[5000];
    java.util.Arrays.fill(ones, (byte) 1);
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(
          Optional.empty(),
          List.of(
              new Entry(1, 1, EntryType.NORMAL, zeros), new Entry(2, 1, EntryType.NORMAL, ones)));
      wal.sync();
    }
    List<Entry> entries = reopened(SMALL).entries();
    assertArrayEquals(zeros, entries.get(0).data());
    assertArrayEquals(ones, entries.get(1).data());
  }

  @Test
  void aGapIsABrokenInvariant() {
    try (Wal wal = open(SMALL, true).wal()) {
      wal.append(Optional.empty(), List.of(entry(1, 1, 1)));
      assertThrows(
          InvariantViolation.class, () -> wal.append(Optional.empty(), List.of(entry(3, 1, 1))));
      wal.snapshotSaved(new SnapshotMetadata(1, 1, CONF));
      assertThrows(
          InvariantViolation.class, () -> wal.append(Optional.empty(), List.of(entry(1, 2, 1))));
      assertThrows(
          InvariantViolation.class, () -> wal.snapshotSaved(new SnapshotMetadata(0, 0, CONF)));
    }
  }

  @Test
  void onlyTheOwnerCanReadTheFiles() throws IOException {
    open(SMALL, true).wal().close();
    assertEquals("rwx------", mode(directory()));
    for (Path file : files()) {
      assertEquals("rw-------", mode(file), file.toString());
    }
  }

  @Test
  void twoCannotHaveItOpen() {
    try (Wal wal = open(SMALL, true).wal()) {
      StartupException refused = assertThrows(StartupException.class, () -> open(SMALL, false));
      assertTrue(refused.getMessage().contains("in use by another process"), refused.getMessage());
      wal.append(Optional.empty(), List.of(entry(1, 1, 1)));
      wal.sync();
    }
    assertEquals(1, reopened(SMALL).entries().size());
  }

  @Test
  void anotherMembersLogIsRefusedAndLeftAlone() throws IOException {
    open(SMALL, true).wal().close();
    Files.delete(directory().resolve("lock"));
    String before = fingerprint();
    for (WalIdentity other : List.of(new WalIdentity(0xa2, 0xc1), new WalIdentity(0xa1, 0xc2))) {
      StartupException refused =
          assertThrows(StartupException.class, () -> Wal.open(directory(), SMALL, other));
      assertTrue(
          refused.getMessage().contains("belongs to member a1 of cluster c1"),
          refused.getMessage());
    }
    assertEquals(before, fingerprint());
    assertEquals(Optional.of(SELF), Wal.identity(directory(), SMALL));
  }

  @Test
  void aDirectoryOfSomethingElseIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectory(directory());
    Files.writeString(directory().resolve("notes.txt"), "mine");
    String before = fingerprint();
    StartupException refused = assertThrows(StartupException.class, () -> open(SMALL, true));
    assertTrue(refused.getMessage().contains("notes.txt"), refused.getMessage());
    assertFalse(refused.getMessage().contains("\n"));
    assertEquals(before, fingerprint());
  }

  @Test
  void aForeignSegmentFileIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectory(directory());
    Files.write(directory().resolve(Segment.name(0)), new byte[8192]);
    String before = fingerprint();
    StartupException refused = assertThrows(StartupException.class, () -> open(SMALL, true));
    assertTrue(refused.getMessage().contains("not a segment"), refused.getMessage());
    assertEquals(before, fingerprint());
  }

  @Test
  void aMissingSegmentIsNamed() throws IOException {
    try (Wal wal = open(SMALL, true).wal()) {
      for (int i = 1; i <= 1000; i++) {
        wal.append(Optional.empty(), List.of(entry(i, 1, 100)));
        wal.sync();
      }
    }
    List<Path> segments = segments();
    Files.delete(segments.get(1));
    String before = fingerprint();
    StartupException refused = assertThrows(StartupException.class, () -> open(SMALL, false));
    assertTrue(refused.getMessage().contains("lacks the segment before"), refused.getMessage());
    assertEquals(before, fingerprint());
    Files.delete(segments.get(0));
    refused = assertThrows(StartupException.class, () -> open(SMALL, false));
    assertTrue(refused.getMessage().contains("are missing"), refused.getMessage());
  }

  @Test
  void afterCloseNothingIsTaken() {
    Wal wal = open(SMALL, true).wal();
    wal.close();
    wal.close();
    assertThrows(IllegalStateException.class, wal::sync);
  }

  private Wal.Opened open(WalOptions options, boolean fresh) {
    Wal.Opened opened = Wal.open(directory(), options, SELF);
    assertEquals(fresh, opened.recovered().fresh());
    return opened;
  }

  private Recovered reopened(WalOptions options) {
    Wal.Opened opened = open(options, false);
    opened.wal().close();
    return opened.recovered();
  }

  private Path directory() {
    return root.resolve("wal");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.list(directory())) {
      return paths.sorted().toList();
    }
  }

  private List<Path> segments() throws IOException {
    return files().stream().filter(path -> path.toString().endsWith(".wal")).toList();
  }

  private String fingerprint() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : files()) {
      lines.add(file.getFileName() + " " + java.util.Arrays.hashCode(Files.readAllBytes(file)));
    }
    return String.join("\n", lines);
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static Entry entry(long index, long term, int bytes) {
    byte[] data = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      data[i] = (byte) (index * 31 + term * 7 + i);
    }
    return new Entry(index, term, EntryType.NORMAL, data);
  }

  private static void assertSame(Entry expected, Entry actual) {
    assertEquals(expected.index(), actual.index());
    assertEquals(expected.term(), actual.term());
    assertEquals(expected.type(), actual.type());
    assertArrayEquals(expected.data(), actual.data());
  }
}
