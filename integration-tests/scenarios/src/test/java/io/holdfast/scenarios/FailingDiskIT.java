package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.Strace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A member whose disk refuses one write or one sync, of the log or of the store, ends at once: it
 * does not try again, as the kernel may have dropped what it could not write. It acknowledges
 * nothing from then on, says why it ended, and has everything that it acknowledged when it starts
 * again, see {@link CountingLoad}.
 */
class FailingDiskIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "wal/0000000000000000.wal,fdatasync,1",
    "wal/0000000000000000.wal,pwrite64,13",
    "snap/db,fdatasync,1",
    "snap/db,pwrite64,2"
  })
  void oneRefusalEndsTheMember(String file, String systemCall, int nth) throws Exception {
    assumeTrue(Strace.isUsable());
    try (Cluster cluster = Cluster.prepare(Flavor.HOLDFAST, 1, directory, "--snapshot-count=50")) {
      MemberProcess member = cluster.member(0).withVariables(CountingLoad.QUICK_START);
      member.start().awaitReady(PATIENCE);
      CountingLoad load = new CountingLoad(member.endpoint());
      Path trace = directory.resolve("trace.txt");
      Path refusing = directory.toRealPath().resolve("m0/data/member").resolve(file);
      try (Strace strace =
          Strace.attach(member.pid(), refusing, systemCall, "error=EIO:when=" + nth, trace)) {
        load.start();
        assertNotEquals(0, member.awaitExit(PATIENCE), "the member ended as if all were well");
        load.stop();
        assertTrue(
            strace.lines().stream().anyMatch(line -> line.contains("(INJECTED)")),
            "nothing was refused");
      }
      assertTrue(
          member.log().contains("the member ends itself"),
          "the log does not say why the member ended:\n" + member.log());
      member.start().awaitReady(PATIENCE);
      assertEquals(List.of(), load.verify(), member.log());
    }
  }
}
