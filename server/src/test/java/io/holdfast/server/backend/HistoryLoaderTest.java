package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.LongStream;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history large enough for several parts, read by several threads. */
class HistoryLoaderTest {
  private static final int RECORDS = 70_000;
  private static final BackendOptions OPTIONS = BackendOptions.defaults().withLoadThreads(3);

  @TempDir Path directory;

  /** The revisions of one part. */
  private static final class Revisions implements PartReader<List<Long>> {
    private final List<Long> revisions = new ArrayList<>();
    private final Set<Thread> threads;

    Revisions(Set<Thread> threads) {
      this.threads = threads;
    }

    @Override
    public void add(long main, int sub, byte[] record) {
      assertEquals(main, ByteBuffer.wrap(record).getLong());
      revisions.add(main);
      threads.add(Thread.currentThread());
    }

    @Override
    public List<Long> finish() {
      return revisions;
    }
  }

  @Test
  void everyRecordIsReadOnceAndPartsComeInOrder() {
    write(RECORDS);
    Set<Thread> threads = threads();
    List<Long> all = new ArrayList<>();
    List<Integer> parts = new ArrayList<>();
    try (Backend backend = open()) {
      backend.loadRevisions(
          () -> new Revisions(threads),
          (List<Long> part) -> {
            all.addAll(part);
            parts.add(part.size());
          });
      assertTrue(backend.logicalBytes() > RECORDS * 8L);
    }
    assertEquals(RECORDS, all.size());
    for (int i = 0; i < RECORDS; i++) {
      assertEquals(i + 1, all.get(i));
    }
    assertEquals(3, parts.size(), parts::toString);
    assertEquals(3, threads.size());
  }

  @Test
  void anEmptyHistoryIsOneEmptyPart() {
    write(0);
    List<List<Long>> parts = new ArrayList<>();
    try (Backend backend = open()) {
      backend.loadRevisions(() -> new Revisions(threads()), parts::add);
    }
    assertEquals(List.of(List.of()), parts);
  }

  @Test
  void aMissingRecordIsFoundWhereverItWas() throws IOException {
    for (long missing : new long[] {1, RECORDS / 2, RECORDS}) {
      write(RECORDS);
      tamper(map -> map.remove(new RevisionKey(missing, 0)));
      refuses();
    }
  }

  @Test
  void aRecordOfAnotherContentIsFoundWhereverItWas() throws IOException {
    for (long changed : new long[] {2, RECORDS / 2, RECORDS - 1}) {
      write(RECORDS);
      tamper(map -> map.put(new RevisionKey(changed, 0), new StoredValue(new byte[8], 1)));
      refuses();
    }
  }

  @Test
  void onlyWhatCameAfterAPointIsRead() {
    write(RECORDS);
    long begin = RECORDS / 3;
    long end = RECORDS / 2;
    HistoryPoint first = pointAt(begin);
    HistoryPoint last = pointAt(end);
    List<Long> all = new ArrayList<>();
    try (Backend backend = open()) {
      assertTrue(
          backend.loadRevisionsAfter(
              first, last, () -> new Revisions(threads()), (List<Long> part) -> all.addAll(part)));
      assertEquals(RECORDS * (8L + 12 + 16), backend.logicalBytes());
      assertEquals(RECORDS, backend.historyPoint(RECORDS).records());
    }
    assertEquals(LongStream.rangeClosed(begin + 1, RECORDS).boxed().toList(), all);
  }

  @Test
  void aPointOfAnotherHistoryIsRefusedAndNothingHasHappened() {
    write(RECORDS);
    HistoryPoint begin = pointAt(10);
    HistoryPoint end = pointAt(20);
    HistoryPoint less = pointAt(9);
    HistoryPoint other = new HistoryPoint(20, end.records(), end.checksumSum() + 1, end.bytes());
    try (Backend backend = open()) {
      assertFalse(isThere(backend, begin, other));
      assertFalse(isThere(backend, less, new HistoryPoint(10, 10, begin.checksumSum() + 1, 0)));
      assertFalse(
          isThere(
              backend,
              new HistoryPoint(10, 9, begin.checksumSum(), 0),
              new HistoryPoint(10, 9, begin.checksumSum(), 0)));
      assertTrue(isThere(backend, begin, end));
    }
  }

  @Test
  void aRecordMissingAfterThePointIsFound() throws IOException {
    for (long missing : new long[] {11, 21, RECORDS}) {
      write(RECORDS);
      HistoryPoint begin = pointAt(10);
      HistoryPoint end = pointAt(20);
      tamper(map -> map.remove(new RevisionKey(missing, 0)));
      try (Backend backend = open()) {
        assertFalse(isThere(backend, begin, end));
      }
      refuses();
    }
  }

  private static boolean isThere(Backend backend, HistoryPoint begin, HistoryPoint end) {
    return backend.loadRevisionsAfter(begin, end, () -> new Revisions(threads()), part -> {});
  }

  /** What the history amounted to when a revision was written. */
  private HistoryPoint pointAt(long revision) {
    try (Backend backend = open()) {
      Tally tally =
          new HistoryLoader(backend.revisions(), 1)
              .read(
                  Optional.empty(),
                  Optional.of(new RevisionKey(revision + 1, 0)),
                  () -> new Revisions(threads()),
                  part -> {});
      return HistoryPoint.of(revision, tally);
    }
  }

  private void refuses() {
    try (Backend backend = open()) {
      CorruptRecordException found =
          assertThrows(
              CorruptRecordException.class,
              () -> backend.loadRevisions(() -> new Revisions(threads()), part -> {}));
      assertEquals(RevisionMap.NAME, found.bucket());
    }
  }

  private Backend open() {
    return Backend.open(directory.resolve("store"), OPTIONS);
  }

  private void write(int records) {
    directory.resolve("store").toFile().delete();
    try (Backend backend = open()) {
      for (long i = 1; i <= records; i++) {
        backend.revisions().append(i, 0, ByteBuffer.allocate(8).putLong(i).array());
      }
      backend.commit(1, 1);
    }
  }

  private interface Tampering {
    void with(MVMap<RevisionKey, StoredValue> map);
  }

  private void tamper(Tampering tampering) throws IOException {
    try (MVStore store = MVStore.open(directory.resolve("store").toString())) {
      tampering.with(
          store.openMap(
              RevisionMap.NAME,
              new MVMap.Builder<RevisionKey, StoredValue>()
                  .keyType(RevisionKey.Type.INSTANCE)
                  .valueType(StoredValue.Type.INSTANCE)));
    }
    Backend.forgetSynced(new RealDisk(), directory.resolve("store"));
  }

  private static Set<Thread> threads() {
    return new ConcurrentSkipListSet<>((a, b) -> Integer.compare(a.hashCode(), b.hashCode()));
  }
}
