package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.WriteTxn;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.snapshot.SnapshotDamagedException;
import io.holdfast.server.snapshot.SnapshotFiles;
import io.holdfast.server.wal.Recovered;
import io.holdfast.server.wal.VoteFile;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two thousand flipped bits, and writes that went to the wrong place, in real files of every kind.
 * Each is noticed, or what is read is exactly what was written: never something else, and never
 * less.
 *
 * <p>{@code -Dholdfast.flips.seed=N} runs another sequence.
 */
class BitFlipSimulationTest {
  private static final long SEED = Long.getLong("holdfast.flips.seed", 20_261L);
  private static final WalIdentity SELF = new WalIdentity(7, 9);
  private static final int WAL_FLIPS = 700;
  private static final int WAL_MISDIRECTED = 150;
  private static final int SNAPSHOT_FLIPS = 600;
  private static final int SNAPSHOT_MISDIRECTED = 150;
  private static final int STORE_FLIPS = 650;
  private static final int VOTE_FLIPS = 50;
  private static final int SECTOR_BYTES = 512;

  @TempDir Path directory;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private int noticed;
  private int harmless;

  /** Does something to a file's bytes. */
  private interface Harm {
    void strike(byte[] content);
  }

  @Test
  void theLogIsReadWholeOrRefused() throws IOException {
    Path wal = directory.resolve("wal");
    WalOptions options = WalOptions.defaults().withSegmentBytesMax(16 << 10).withFillInline(true);
    try (Wal log = Wal.open(wal, options, SELF).wal()) {
      for (long index = 1; index <= 300; ) {
        List<Entry> batch = new ArrayList<>();
        for (int i = random.nextInt(6); i >= 0; i--) {
          byte[] data = new byte[random.nextInt(400)];
          random.nextBytes(data);
          batch.add(new Entry(index++, 3, EntryType.NORMAL, data));
        }
        log.append(Optional.of(new HardState(3, 7, index - 1)), batch);
        log.sync();
      }
    }
    Map<Path, byte[]> sound = contents(wal);
    List<Path> segments =
        sound.keySet().stream().filter(p -> p.toString().endsWith(".wal")).toList();
    assertTrue(segments.size() > 3, "segments: " + segments.size());
    String expected = describe(reopen(wal, options));
    for (int i = 0; i < WAL_FLIPS + WAL_MISDIRECTED; i++) {
      restore(wal, sound);
      boolean flip = i < WAL_FLIPS;
      // The last batch may be torn; what was written astray over it cannot be told from that.
      Path victim = segments.get(random.nextInt(flip ? segments.size() : segments.size() - 1));
      strike(victim, flip ? this::flip : this::misdirect);
      try {
        assertEquals(expected, describe(reopen(wal, options)), victim + ", strike " + i);
        harmless++;
      } catch (DamagedStorageException e) {
        assertTrue(e.getMessage().contains(wal.toString()), e.getMessage());
        noticed++;
      }
    }
    report("log", WAL_FLIPS, WAL_MISDIRECTED);
  }

  @Test
  void aSnapshotIsReadWholeOrRefused() throws IOException {
    SnapshotFiles files = SnapshotFiles.open(new RealDisk(), directory.resolve("snap"), 9);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    files.encode(content(), stream);
    SnapshotMetadata metadata = content().metadata();
    IncomingSnapshot incoming = files.receive(metadata);
    incoming.write(stream.toByteArray(), 0, stream.size());
    incoming.complete();
    Path file = onlyFile(directory.resolve("snap"));
    byte[] sound = Files.readAllBytes(file);
    List<String> expected = describe(files.newest().orElseThrow());
    for (int i = 0; i < SNAPSHOT_FLIPS + SNAPSHOT_MISDIRECTED; i++) {
      Files.write(file, sound);
      strike(file, i < SNAPSHOT_FLIPS ? this::flip : this::misdirect);
      boolean same = Arrays.equals(sound, Files.readAllBytes(file));
      try {
        assertEquals(expected, describe(files.newest().orElseThrow()), "strike " + i);
        assertTrue(same, "a changed snapshot was taken, strike " + i);
        harmless++;
      } catch (SnapshotDamagedException e) {
        noticed++;
      }
    }
    report("snapshot", SNAPSHOT_FLIPS, SNAPSHOT_MISDIRECTED);
  }

  @Test
  void aStoreShowsWhatWasCommittedOrIsRefused() throws IOException {
    Path file = directory.resolve("db");
    Map<Long, Integer> hashes = new HashMap<>();
    hashes.put(0L, emptyHash());
    try (Backend backend = Backend.open(file, BackendOptions.defaults())) {
      MvccStore store = MvccStore.open(backend, MvccOptions.defaults());
      for (long index = 1; index <= 40; index++) {
        for (int i = 0; i < 10; i++) {
          byte[] value = new byte[random.nextInt(200)];
          random.nextBytes(value);
          WriteTxn txn = store.beginWrite();
          txn.put(Key.of("key" + random.nextInt(60)), value, 0);
          txn.end();
        }
        if (index == 20) {
          store.compact(store.currentRevision() - 50);
        }
        while (store.compactStep(1_000)) {
          // Until the compacted records are gone.
        }
        backend.commit(index, 1);
        hashes.put(index, store.hashKv(0).hash());
        if (index % 10 == 0) {
          backend.sync();
        }
      }
    }
    byte[] sound = Files.readAllBytes(file);
    for (int i = 0; i < STORE_FLIPS; i++) {
      Files.write(file, sound);
      strike(file, this::flip);
      try (Backend backend = Backend.open(file, BackendOptions.defaults())) {
        MvccStore store = MvccStore.open(backend, MvccOptions.defaults());
        // An older version is as good: the log leads on from there.
        assertEquals(hashes.get(backend.appliedIndex()), store.hashKv(0).hash(), "strike " + i);
        harmless++;
      } catch (DamagedStorageException | CorruptRecordException e) {
        noticed++;
      }
    }
    report("store", STORE_FLIPS, 0);
  }

  @Test
  void aVoteIsNeverForgottenOrInvented() throws IOException {
    Path file = directory.resolve("vote");
    VoteFile.Promise first = new VoteFile.Promise(4, 1, false);
    VoteFile.Promise last = new VoteFile.Promise(5, 2, false);
    try (VoteFile votes = VoteFile.open(new RealDisk(), file, SELF, first)) {
      votes.write(last);
    }
    byte[] sound = Files.readAllBytes(file);
    for (int i = 0; i < VOTE_FLIPS; i++) {
      Files.write(file, sound);
      strike(file, this::flip);
      assertEquals(Optional.of(last), VoteFile.read(new RealDisk(), file, SELF), "strike " + i);
      noticed++;
    }
    report("vote", VOTE_FLIPS, 0);
  }

  private void flip(byte[] content) {
    int bit = random.nextInt(content.length * 8);
    content[bit / 8] ^= (byte) (1 << bit % 8);
  }

  /** A sector that holds something is written where another one belongs. */
  private void misdirect(byte[] content) {
    int sectors = content.length / SECTOR_BYTES;
    byte[] written;
    do {
      int from = random.nextInt(sectors) * SECTOR_BYTES;
      written = Arrays.copyOfRange(content, from, from + SECTOR_BYTES);
    } while (Arrays.equals(written, new byte[SECTOR_BYTES]));
    System.arraycopy(written, 0, content, random.nextInt(sectors) * SECTOR_BYTES, SECTOR_BYTES);
  }

  private static void strike(Path file, Harm harm) throws IOException {
    byte[] content = Files.readAllBytes(file);
    harm.strike(content);
    Files.write(file, content);
  }

  private void report(String what, int flips, int misdirected) {
    assertEquals(flips + misdirected, noticed + harmless);
    // Much of a store's file holds versions that are out of use.
    assertTrue(noticed > flips / 20, what + ": only " + noticed + " noticed");
    System.out.println(
        what
            + ": seed "
            + SEED
            + ", "
            + flips
            + " flipped bits, "
            + misdirected
            + " misdirected writes; noticed "
            + noticed
            + ", without effect "
            + harmless);
  }

  private static Recovered reopen(Path wal, WalOptions options) {
    Wal.Opened opened = Wal.open(wal, options, SELF);
    opened.wal().close();
    return opened.recovered();
  }

  private static String describe(Recovered recovered) {
    StringBuilder text = new StringBuilder();
    text.append(recovered.hardState()).append(recovered.snapshot());
    for (Entry entry : recovered.entries()) {
      text.append(entry.index()).append('/').append(entry.term());
      text.append(Arrays.hashCode(entry.data())).append(' ');
    }
    return text.toString();
  }

  private static List<String> describe(ReceivedSnapshot snapshot) throws IOException {
    List<String> records = new ArrayList<>();
    records.add(snapshot.metadata().toString());
    snapshot.forEach(
        (kind, key, value) ->
            records.add(kind + "/" + Arrays.hashCode(key) + "/" + Arrays.hashCode(value)));
    return records;
  }

  private SnapshotContent content() {
    SnapshotMetadata metadata =
        new SnapshotMetadata(77, 3, ConfState.ofVoters(List.of(1L, 2L, 3L)));
    return new SnapshotContent() {
      @Override
      public SnapshotMetadata metadata() {
        return metadata;
      }

      @Override
      public void forEach(SnapshotRecordConsumer consumer) throws IOException {
        SplittableRandom own = new SplittableRandom(SEED);
        for (int i = 0; i < 300; i++) {
          byte[] value = new byte[own.nextInt(300)];
          own.nextBytes(value);
          consumer.accept(i % 4, ("key" + i).getBytes(), value);
        }
      }

      @Override
      public void close() {}
    };
  }

  private int emptyHash() {
    try (Backend backend = Backend.open(directory.resolve("empty"), BackendOptions.defaults())) {
      return MvccStore.open(backend, MvccOptions.defaults()).hashKv(0).hash();
    }
  }

  private static Map<Path, byte[]> contents(Path folder) throws IOException {
    Map<Path, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        contents.put(file, Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private static void restore(Path folder, Map<Path, byte[]> sound) throws IOException {
    for (Path file : contents(folder).keySet()) {
      if (!sound.containsKey(file)) {
        Files.delete(file);
      }
    }
    for (Map.Entry<Path, byte[]> file : sound.entrySet()) {
      Files.write(file.getKey(), file.getValue());
    }
  }

  private static Path onlyFile(Path folder) throws IOException {
    return contents(folder).keySet().stream()
        .filter(path -> path.toString().endsWith(".snap"))
        .findFirst()
        .orElseThrow();
  }
}
