package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flips bits and wipes blocks of a store file, which has its mark beside it or not. It may then be
 * refused, a read may fail, or it may open at an older commit whose log entries the log still has;
 * never may it show other data than what was committed at the index it claims.
 */
class BackendDamageSimulationTest {
  private static final int FLIPS = 300;
  private static final int WIPES = 40;
  private static final int COMMITS = 12;
  private static final int PER_COMMIT = 40;

  @TempDir Path directory;

  /** As a killed process leaves the file, and as a closed store does. */
  private byte[][] sound;

  /** What was synced last, as it lies beside either. */
  private byte[] mark;

  /** For each commit, what the file held then: revisions, and one bucket. */
  private final Map<Long, TreeMap<Long, byte[]>> revisionsAt = new HashMap<>();

  private final Map<Long, TreeMap<Byte, byte[]>> bucketAt = new HashMap<>();

  private int opened;
  private int refused;
  private int unharmed;

  @BeforeEach
  void writeSoundFile() throws IOException {
    Path file = directory.resolve("sound");
    Random random = new Random(99);
    TreeMap<Long, byte[]> revisions = new TreeMap<>();
    TreeMap<Byte, byte[]> bucket = new TreeMap<>();
    revisionsAt.put(0L, new TreeMap<>());
    bucketAt.put(0L, new TreeMap<>());
    Backend backend = Backend.open(file, BackendOptions.defaults());
    long main = 0;
    for (long commit = 1; commit <= COMMITS; commit++) {
      for (int i = 0; i < PER_COMMIT; i++) {
        byte[] value = new byte[random.nextInt(150)];
        random.nextBytes(value);
        backend.revisions().append(++main, 0, value);
        revisions.put(main, value);
        byte key = (byte) random.nextInt(30);
        backend.bucket("state").put(new byte[] {key}, value);
        bucket.put(key, value);
      }
      backend.commit(commit, 1);
      revisionsAt.put(commit, new TreeMap<>(revisions));
      bucketAt.put(commit, new TreeMap<>(bucket));
    }
    backend.sync();
    byte[] unclosed = Files.readAllBytes(file);
    backend.close();
    mark = Files.readAllBytes(directory.resolve("sound-synced"));
    sound = new byte[][] {unclosed, Files.readAllBytes(file)};
  }

  @Test
  void aFlippedBitIsNeverServed() throws IOException {
    Random random = new Random(7);
    for (int flip = 0; flip < FLIPS; flip++) {
      byte[] damaged = sound[flip % 2].clone();
      int bit = random.nextInt(damaged.length * 8);
      damaged[bit >> 3] ^= (byte) (1 << (bit & 7));
      openDamaged(damaged, "bit " + bit);
    }
    assertTrue(refused > 0, "no flip was noticed");
    assertEquals(FLIPS, refused + unharmed);
  }

  @Test
  void aWipedBlockIsNeverServed() throws IOException {
    Random random = new Random(8);
    for (int wipe = 0; wipe < WIPES; wipe++) {
      byte[] damaged = sound[wipe % 2].clone();
      int block = random.nextInt(damaged.length / 4096);
      Arrays.fill(damaged, block * 4096, (block + 1) * 4096, (byte) 0);
      openDamaged(damaged, "block " + block);
    }
    assertTrue(refused > 0, "no wiped block was noticed");
  }

  @Test
  void aBitFlippedUnderAnOpenFileIsNeverServed() throws IOException {
    Random random = new Random(9);
    int failed = 0;
    for (int flip = 0; flip < FLIPS / 3; flip++) {
      Path file = directory.resolve("open");
      Files.write(file, sound[1]);
      try (Backend backend = Backend.open(file, new BackendOptions(0, 5_000));
          FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        int bit = random.nextInt(sound[1].length * 8);
        byte damaged = (byte) (sound[1][bit >> 3] ^ 1 << (bit & 7));
        channel.write(ByteBuffer.wrap(new byte[] {damaged}), bit >> 3);
        failed += readEach(backend, "bit " + bit);
        backend.revisions().append(Long.MAX_VALUE, 0, new byte[0]); // closes without writing
      } catch (CorruptRecordException e) {
        failed++;
      }
    }
    assertTrue(failed > 0, "no flip was noticed");
  }

  private int readEach(Backend backend, String where) {
    int failed = 0;
    for (Map.Entry<Long, byte[]> entry : revisionsAt.get((long) COMMITS).entrySet()) {
      try {
        byte[] found = backend.revisions().get(entry.getKey(), 0);
        // A record that is not found is for the reader to notice: its index says it must be there.
        if (found != null) {
          assertArrayEquals(entry.getValue(), found, where);
        }
      } catch (CorruptRecordException e) {
        failed = 1;
      }
    }
    return failed;
  }

  @Test
  void aFileCutShortIsNeverServed() throws IOException {
    for (byte[] whole : sound) {
      for (int length = whole.length - 1; length > 0; length -= whole.length / 30) {
        openDamaged(Arrays.copyOf(whole, length), "cut to " + length);
      }
    }
  }

  private void openDamaged(byte[] content, String where) throws IOException {
    Path file = directory.resolve("damaged");
    if (++opened % 2 == 0) {
      Backend.forgetSynced(new RealDisk(), file);
    } else {
      Files.write(directory.resolve("damaged-synced"), mark);
    }
    Files.deleteIfExists(file);
    Files.write(file, content);
    try (Backend backend = Backend.open(file, BackendOptions.defaults())) {
      compare(backend, where);
      unharmed++;
    } catch (StartupException e) {
      assertEquals(1, e.getMessage().lines().count(), where);
      refused++;
    } catch (CorruptRecordException e) {
      refused++;
    }
  }

  private void compare(Backend backend, String where) {
    long index = backend.appliedIndex();
    TreeMap<Long, byte[]> expected = new TreeMap<>(revisionsAt.get(index));
    backend.loadRevisions(
        (main, sub, record) -> {
          assertArrayEquals(expected.remove(main), record, where + ", revision " + main);
          return true;
        });
    assertTrue(expected.isEmpty(), where + " lost " + expected.keySet());
    TreeMap<Byte, byte[]> state = new TreeMap<>(bucketAt.get(index));
    backend
        .bucket("state")
        .forEach((key, value) -> assertArrayEquals(state.remove(key[0]), value, where));
    assertTrue(state.isEmpty(), where + " lost " + state.keySet());
  }
}
