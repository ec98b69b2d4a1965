package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
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
