package io.holdfast.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that ends at any moment leaves the file as its writes have left it: a copy taken
 * without any closing must open with data that is exactly that of its applied index. Here the copy
 * has no mark of what was synced, and the newest commit is found; {@link
 * StorePowerCutSimulationTest} is about files with their mark.
 *
 * <p>Every write is derived from its number, and the applied index is the number of the last one,
 * so the index alone says what must be there.
 */
class BackendCrashSimulationTest {
  private static final int LIVE_REVISIONS = 300;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void dataIsThatOfTheAppliedIndex(long seed) throws IOException {
    Random random = new Random(seed);
    Path file = directory.resolve("store");
    Path copy = directory.resolve("copy");
    Backend backend = Backend.open(file, new BackendOptions(1 << 20, 0));
    try {
      Bucket bucket = backend.bucket("state");
      long number = 0;
      for (int step = 0; step < 60; step++) {
        int writes = 1 + random.nextInt(80);
        for (int i = 0; i < writes; i++) {
          write(backend, bucket, ++number);
        }
        if (random.nextInt(3) > 0) {
          backend.commit(number, 1);
        }
        if (random.nextInt(3) == 0
            && !backend.hasUncommittedWrites()
            && backend.tidy(1 << 14, Backend.TIDY_PERCENT)) {
          backend.commit(number, 1);
        }
        if (random.nextInt(4) == 0) {
          backend.sync();
        }
        if (random.nextInt(3) == 0) {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
          check(copy, backend.appliedIndex(), "seed " + seed + ", step " + step);
        }
      }
    } finally {
      backend.close();
    }
  }

  private static void write(Backend backend, Bucket bucket, long number) {
    backend.revisions().append(number, 0, value(number));
    backend.revisions().remove(number - LIVE_REVISIONS, 0);
    bucket.put(key(number % 17), value(number));
  }

  private static void check(Path copy, long appliedIndex, String where) throws IOException {
    Backend.forgetSynced(new RealDisk(), copy);
    try (Backend crashed = Backend.open(copy, BackendOptions.defaults())) {
      assertEquals(appliedIndex, crashed.appliedIndex(), where);
      TreeMap<Long, byte[]> found = new TreeMap<>();
      crashed.loadRevisions(
          (main, sub, record) -> {
            found.put(main, record);
            return true;
          });
      long first = Math.max(1, appliedIndex - LIVE_REVISIONS + 1);
      assertEquals(Math.max(0, appliedIndex - first + 1), found.size(), where);
      found.forEach((main, record) -> assertEquals(main, ByteBuffer.wrap(record).getLong(), where));
      for (long number = Math.max(1, appliedIndex - 16); number <= appliedIndex; number++) {
        byte[] value = crashed.bucket("state").get(key(number % 17)).orElseThrow();
        assertEquals(number, ByteBuffer.wrap(value).getLong(), where);
      }
      assertTrue(crashed.bucket("state").size() <= 17);
    }
  }

  private static byte[] key(long number) {
    return new byte[] {(byte) number};
  }

  private static byte[] value(long number) {
    return ByteBuffer.allocate(120).putLong(number).array();
  }
}
