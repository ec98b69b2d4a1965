package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.disk.UnsyncedBytes;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store file by itself: commits, what survives, what is refused, snapshots. */
class BackendTest {
  private static final BackendOptions OPTIONS = BackendOptions.defaults();

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("store");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> revisionsOf(Backend backend) {
    List<String> found = new ArrayList<>();
    backend
        .revisions()
        .scan(
            0,
            0,
            (main, sub, record) ->
                found.add(main + "." + sub + "=" + new String(record, StandardCharsets.UTF_8)));
    return found;
  }

  @Test
  void aFreshFileIsPrivateAndEmpty() throws IOException {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      assertEquals(0, backend.appliedIndex());
      assertEquals(0, backend.appliedTerm());
      assertEquals(0, backend.syncedAppliedIndex());
      assertEquals(List.of(), revisionsOf(backend));
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    }
    try (Backend again = Backend.open(file(), OPTIONS)) {
      assertEquals(0, again.appliedIndex());
    }
  }

  @Test
  void commitKeepsDataAndIndexTogether() {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      Bucket leases = backend.bucket("leases");
      backend.revisions().append(2, 0, bytes("two"));
      leases.put(bytes("l1"), bytes("ten seconds"));
      leases.put(bytes("l2"), bytes("x"));
      leases.remove(bytes("l2"));
      backend.commit(7, 3);
      assertEquals(0, backend.syncedAppliedIndex());
      backend.sync();
      assertEquals(7, backend.syncedAppliedIndex());
      backend.revisions().append(3, 0, bytes("three"));
      leases.put(bytes("l3"), bytes("lost"));
      assertTrue(backend.hasUncommittedWrites());
      assertEquals(List.of("2.0=two", "3.0=three"), revisionsOf(backend));
    }
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      assertEquals(7, backend.appliedIndex());
      assertEquals(3, backend.appliedTerm());
      assertEquals(0, backend.syncedAppliedIndex());
      assertEquals(List.of("2.0=two"), revisionsOf(backend));
      assertArrayEquals(
          bytes("ten seconds"), backend.bucket("leases").get(bytes("l1")).orElseThrow());
      assertEquals(1, backend.bucket("leases").size());
      assertTrue(backend.bucket("leases").get(bytes("l2")).isEmpty());
      assertEquals(0, backend.bucket("other").size());
    }
  }

  @Test
  void revisionsAreFoundScannedAndRemoved() {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      RevisionMap revisions = backend.revisions();
      revisions.append(5, 0, bytes("a"));
      revisions.append(5, 1, bytes("b"));
      revisions.append(6, 0, bytes("c"));
      assertArrayEquals(bytes("b"), revisions.get(5, 1));
      assertNull(revisions.get(5, 2));
      List<Long> seen = new ArrayList<>();
      revisions.scan(
          5,
          1,
          (main, sub, record) -> {
            seen.add(main);
            return main < 6;
          });
      assertEquals(List.of(5L, 6L), seen);
      revisions.remove(5, 1);
      revisions.remove(5, 1);
      assertEquals(2, revisions.size());
    }
  }

  @Test
  void theAppliedIndexNeverGoesBack() {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      backend.commit(5, 1);
      assertThrows(InvariantViolation.class, () -> backend.commit(4, 1));
    }
  }

  @Test
  void aSnapshotShowsItsCommitWhileWritesGoOn() {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      Bucket bucket = backend.bucket("leases");
      for (int i = 1; i <= 5_000; i++) {
        backend.revisions().append(i, 0, bytes("record " + i));
      }
      bucket.put(bytes("k"), bytes("old"));
      assertThrows(IllegalStateException.class, backend::snapshot);
      backend.commit(9, 2);
      BackendSnapshot snapshot = backend.snapshot();
      for (int i = 1; i <= 5_000; i++) {
        backend.revisions().remove(i, 0);
        backend.revisions().append(10_000 + i, 0, bytes("later"));
        if (i % 500 == 0) {
          bucket.put(bytes("k"), bytes("new"));
          backend.commit(9 + i, 2);
          backend.sync();
        }
      }
      List<StoredRecord> records = new ArrayList<>();
      snapshot.forEach(records::add);
      snapshot.close();
      snapshot.close();
      assertEquals(9, snapshot.appliedIndex());
      assertEquals(2, snapshot.appliedTerm());
      assertEquals(5_001, records.size());
      assertArrayEquals(bytes("record 1"), records.get(0).value());
      assertArrayEquals(bytes("record 5000"), records.get(4_999).value());
      assertEquals("leases", records.get(5_000).bucket());
      assertArrayEquals(bytes("old"), records.get(5_000).value());
      assertThrows(IllegalStateException.class, snapshot::iterator);
    }
  }

  @Test
  void aLoadedFileEqualsItsSource() {
    Path copy = directory.resolve("copy");
    byte[] large = new byte[100_000];
    new Random(1).nextBytes(large);
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      for (int i = 1; i <= 200; i++) {
        backend.revisions().append(i, i % 3, large);
      }
      backend.bucket("auth").put(bytes("k"), bytes("v"));
      backend.commit(42, 4);
      try (BackendSnapshot snapshot = backend.snapshot();
          BackendLoader loader = BackendLoader.create(new RealDisk(), copy, OPTIONS)) {
        snapshot.forEach(loader::add);
        loader.finish(snapshot.appliedIndex(), snapshot.appliedTerm());
      }
    }
    try (Backend loaded = Backend.open(copy, OPTIONS)) {
      assertEquals(42, loaded.appliedIndex());
      assertEquals(4, loaded.appliedTerm());
      assertEquals(200, loaded.revisions().size());
      assertArrayEquals(large, loaded.revisions().get(200, 2));
      assertArrayEquals(bytes("v"), loaded.bucket("auth").get(bytes("k")).orElseThrow());
    }
  }

  @Test
  void anUnfinishedLoadLeavesNothing() {
    Path copy = directory.resolve("copy");
    try (BackendLoader loader = BackendLoader.create(new RealDisk(), copy, OPTIONS)) {
      loader.add(new StoredRecord("leases", bytes("k"), bytes("v")));
      assertThrows(
          IllegalArgumentException.class,
          () -> loader.add(new StoredRecord("No Such", bytes("k"), bytes("v"))));
      loader.add(new StoredRecord(RevisionMap.NAME, new RevisionKey(4, 1).toBytes(), bytes("r")));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              loader.add(
                  new StoredRecord(
                      RevisionMap.NAME, new RevisionKey(4, 1).toBytes(), bytes("again"))));
    }
    assertFalse(Files.exists(copy));
  }

  @Test
  void aFileWhoseLoadWasCutShortIsRefused() throws IOException {
    Path copy = directory.resolve("copy");
    Path cutShort = directory.resolve("cut-short");
    try (BackendLoader loader = BackendLoader.create(new RealDisk(), copy, OPTIONS)) {
      for (int i = 1; i <= 100; i++) {
        byte[] key = new RevisionKey(i, 0).toBytes();
        loader.add(new StoredRecord(RevisionMap.NAME, key, new byte[200_000]));
      }
      Files.copy(copy, cutShort);
    }
    StartupException refused =
        assertThrows(StartupException.class, () -> Backend.open(cutShort, OPTIONS));
    assertTrue(refused.getMessage().contains("commit record"), refused.getMessage());
  }

  @Test
  void aLoadedFileIsSyncedInPortions() throws IOException {
    Path copy = directory.resolve("copy");
    UnsyncedBytes unsynced = new UnsyncedBytes("copy");
    Disk disk = new InterceptedDisk(new RealDisk(), unsynced);
    try (BackendLoader loader = BackendLoader.create(disk, copy, OPTIONS)) {
      for (int i = 1; i <= 200; i++) {
        byte[] key = new RevisionKey(i, 0).toBytes();
        byte[] value = new byte[200_000];
        new Random(i).nextBytes(value);
        loader.add(new StoredRecord(RevisionMap.NAME, key, value));
      }
      loader.finish(200, 1);
    }
    assertTrue(Files.size(copy) > 200 * 200_000, "not that much compressed");
    assertTrue(unsynced.most() < 10 << 20, unsynced.most() + " bytes at once");
  }

  @Test
  void aForeignFileIsRefusedAndLeftAsItWas() throws IOException {
    for (int length : List.of(1, 100, 4096, 8192, 20_000)) {
      byte[] content = new byte[length];
      new Random(length).nextBytes(content);
      Files.write(file(), content);
      StartupException refused =
          assertThrows(StartupException.class, () -> Backend.open(file(), OPTIONS));
      assertEquals(1, refused.getMessage().lines().count());
      assertTrue(refused.getMessage().contains(file().toString()));
      assertArrayEquals(content, Files.readAllBytes(file()));
    }
  }

  @Test
  void aFileInUseIsRefused() {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      assertEquals(0, backend.appliedIndex());
      StartupException refused =
          assertThrows(StartupException.class, () -> Backend.open(file(), OPTIONS));
      assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
    }
  }

  @Test
  void aDirectoryInTheFilesPlaceIsRefused() throws IOException {
    Files.createDirectory(file());
    assertThrows(StartupException.class, () -> Backend.open(file(), OPTIONS));
  }

  @Test
  void recordsSwappedBetweenKeysAreFound() {
    byte[] name = bytes("leases");
    assertFalse(
        Checksums.of(name, bytes("a"), bytes("v")) == Checksums.of(name, bytes("b"), bytes("v")));
    assertFalse(
        Checksums.of(name, bytes("a"), bytes("v"))
            == Checksums.of(bytes("auth"), bytes("a"), bytes("v")));
    assertFalse(Checksums.of(1, 0, bytes("v")) == Checksums.of(1, 1, bytes("v")));
  }

  /** Each record left is sound by itself; only the tally of the last commit tells. */
  @Test
  void recordsThatAreMissingAreFound() throws IOException {
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      for (int i = 1; i <= 10; i++) {
        backend.revisions().append(i, 0, bytes("record"));
        backend.bucket("leases").put(bytes("k" + i), bytes("v"));
      }
      backend.commit(1, 1);
    }
    try (MVStore store = MVStore.open(file().toString())) {
      store
          .openMap(RevisionMap.NAME, builder(RevisionKey.Type.INSTANCE))
          .remove(new RevisionKey(4, 0));
    }
    Backend.forgetSynced(new RealDisk(), file());
    try (Backend backend = Backend.open(file(), OPTIONS)) {
      CorruptRecordException found =
          assertThrows(
              CorruptRecordException.class,
              () -> backend.loadRevisions((main, sub, record) -> true));
      assertEquals(RevisionMap.NAME, found.bucket());
    }
    try (MVStore store = MVStore.open(file().toString())) {
      store.openMap("leases", builder(ByteKeyType.INSTANCE)).remove(bytes("k4"));
    }
    Backend.forgetSynced(new RealDisk(), file());
    assertThrows(StartupException.class, () -> Backend.open(file(), OPTIONS));
  }

  private static <K> MVMap.Builder<K, StoredValue> builder(DataType<K> keyType) {
    return new MVMap.Builder<K, StoredValue>()
        .keyType(keyType)
        .valueType(StoredValue.Type.INSTANCE);
  }

  @Test
  void spaceOfRemovedRecordsIsUsedAgain() {
    try (Backend backend = Backend.open(file(), new BackendOptions(1 << 20, 0))) {
      long index = 0;
      long sizeAfterFirst = 0;
      for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 2_000; i++) {
          long main = round * 2_000L + i + 1;
          backend.revisions().append(main, 0, new byte[300]);
          // One record in fifty stays and would keep its stretch of the file for itself.
          if (main % 50 != 0) {
            backend.revisions().remove(main - 2_000, 0);
          }
          if (i % 50 == 0) {
            backend.commit(++index, 1);
            backend.sync();
            if (backend.tidy(1 << 16, Backend.TIDY_PERCENT)) {
              backend.commit(++index, 1);
            }
          }
        }
        backend.commit(++index, 1);
        if (round == 1) {
          sizeAfterFirst = backend.sizeBytes();
        }
      }
      assertTrue(
          backend.sizeBytes() < 2 * sizeAfterFirst,
          backend.sizeBytes() + " after " + sizeAfterFirst);
      assertTrue(backend.sizeInUseBytes() <= backend.sizeBytes());
    }
  }

  @Test
  void theFileShrinksInSmallSteps() {
    try (Backend backend = Backend.open(file(), new BackendOptions(1 << 20, 0))) {
      long index = 0;
      int records = 20_000;
      for (int main = 1; main <= records; main++) {
        backend.revisions().append(main, 0, new byte[1_000]);
        if (main % 500 == 0) {
          backend.commit(++index, 1);
        }
      }
      backend.sync();
      long full = backend.sizeBytes();
      assertTrue(full > 20_000_000, full + " bytes");
      // One in ten stays, all over the file.
      for (int main = 1; main <= records; main++) {
        if (main % 10 != 0) {
          backend.revisions().remove(main, 0);
        }
        if (main % 500 == 0) {
          backend.commit(++index, 1);
        }
      }
      assertTrue(backend.logicalBytes() < 2_200_000, backend.logicalBytes() + " bytes live");
      int steps = 0;
      while (backend.sizeBytes() > full / 5 && steps < 1_000) {
        long before = backend.sizeBytes();
        backend.tidy(1 << 16, Backend.TIDY_PERCENT);
        backend.commit(++index, 1);
        backend.sync();
        assertTrue(backend.sizeBytes() - before < 1 << 20, "a step is small");
        steps++;
      }
      assertTrue(backend.sizeBytes() <= full / 5, backend.sizeBytes() + " of " + full);
      assertTrue(steps > 10, "all at once, in " + steps + " steps");
      assertFalse(backend.hasUnsyncedCommits());
    }
    try (Backend backend = Backend.open(file(), new BackendOptions(1 << 20, 0))) {
      List<Long> kept = new ArrayList<>();
      backend.loadRevisions((main, sub, record) -> kept.add(main));
      assertEquals(2_000, kept.size());
    }
  }
}
