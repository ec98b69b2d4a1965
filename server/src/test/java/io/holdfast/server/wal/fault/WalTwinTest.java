package io.holdfast.server.wal.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Any sequence of calls, with reopenings anywhere, leaves what the naive twin holds. */
class WalTwinTest {
  private static final WalIdentity SELF = new WalIdentity(7, 9);

  @Property(tries = 40)
  void theLogHoldsWhatItsTwinHolds(@ForAll long seed) throws IOException {
    Path root = Files.createTempDirectory("wal-twin");
    try {
      compare(seed, root.resolve("wal"));
    } finally {
      try (Stream<Path> paths = Files.walk(root)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void compare(long seed, Path directory) {
    // The next segment is filled by the background thread here, as in a running member.
    WalOptions options = WalOptions.defaults().withSegmentBytesMax(16 << 10);
    LogTwin twin = new LogTwin();
    Workload workload = new Workload(seed, twin);
    Random random = new Random(~seed);
    for (int opening = 0; opening < 4; opening++) {
      Wal.Opened opened = Wal.open(directory, options, SELF);
      try (Wal wal = opened.wal()) {
        assertEquals(twin.possible(), List.of(LogTwin.describe(opened.recovered())));
        workload.use(opened);
        for (int steps = random.nextInt(40); steps > 0; steps--) {
          workload.step();
        }
        assertEquals(twin.lastIndex(), wal.lastIndex());
      }
    }
  }
}
