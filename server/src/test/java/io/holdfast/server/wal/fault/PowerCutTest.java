package io.holdfast.server.wal.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.wal.BatchListener;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The log on a disk that stops or refuses at every single call, one after the other, and keeps of
 * what was not synced what chance decides: everything acknowledged is there afterwards, and beyond
 * it only a prefix of what was under way.
 */
class PowerCutTest {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path DIRECTORY = ROOT.resolve("wal");
  private static final WalIdentity SELF = new WalIdentity(7, 9);
  private static final int STEPS = 60;

  /** Stands for the end of the power: nothing runs after it. */
  private static final class PowerCut extends Error {
    private static final long serialVersionUID = 1L;

    PowerCut() {
      super("power cut", null, false, false);
    }
  }

  /** Strikes once, at a chosen call. */
  private static final class Strike implements InterceptedDisk.Interceptor {
    private final int at;
    private final boolean afterTheCall;
    private final boolean cutsPower;
    private final boolean halfWrite;
    private int calls;

    Strike(int at, boolean afterTheCall, boolean cutsPower, boolean halfWrite) {
      this.at = at;
      this.afterTheCall = afterTheCall;
      this.cutsPower = cutsPower;
      this.halfWrite = halfWrite;
    }

    @Override
    public void before(InterceptedDisk.Call call, Path path) throws IOException {
      calls++;
      if (calls == at && !afterTheCall) {
        strike();
      }
    }

    @Override
    public void after(InterceptedDisk.Call call, Path path) throws IOException {
      if (calls == at && afterTheCall) {
        strike();
      }
    }

    @Override
    public int bytesWritten(Path path, int bytes) {
      return calls == at && halfWrite ? bytes / 2 : bytes;
    }

    private void strike() throws IOException {
      if (cutsPower) {
        throw new PowerCut();
      }
      throw new IOException("injected");
    }

    boolean struck() {
      return calls >= at;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void nothingAcknowledgedIsLostWhereverThePowerEnds(long seed) throws IOException {
    int call = 1;
    for (boolean struck = true; struck; call++) {
      for (boolean afterTheCall : new boolean[] {false, true}) {
        Strike strike = new Strike(call, afterTheCall, true, afterTheCall && call % 3 == 0);
        SimulatedDisk disk = new SimulatedDisk(ROOT);
        LogTwin twin = new LogTwin();
        try {
          run(seed, twin, new InterceptedDisk(disk, strike), false);
        } catch (PowerCut end) {
          assertTrue(strike.struck());
        }
        struck = strike.struck();
        String where = "seed " + seed + ", call " + call + (afterTheCall ? " after" : " before");
        for (int chance = 0; chance < 3; chance++) {
          Random random = new Random(seed * 1_000_003 + call * 31L + chance);
          checkAndGoOn(where + ", chance " + chance, twin.copy(), disk, random);
        }
      }
    }
    assertTrue(call > 150, "only " + call + " calls were made");
  }

  @ParameterizedTest
  @ValueSource(longs = {11})
  void afterAnyFailedCallNothingIsAcknowledged(long seed) throws IOException {
    int call = 1;
    for (boolean struck = true; struck; call++) {
      for (boolean afterTheCall : new boolean[] {false, true}) {
        Strike strike = new Strike(call, afterTheCall, false, afterTheCall);
        SimulatedDisk disk = new SimulatedDisk(ROOT);
        LogTwin twin = new LogTwin();
        boolean failed = false;
        try {
          run(seed, twin, new InterceptedDisk(disk, strike), true);
        } catch (StorageFailure | io.holdfast.server.error.StartupException e) {
          failed = true;
        }
        struck = strike.struck();
        String where = "seed " + seed + ", call " + call + (afterTheCall ? " after" : " before");
        assertEquals(struck, failed, where);
        checkAndGoOn(where, twin.copy(), disk, new Random(call));
        check(where + ", process only", twin, disk.processKill());
      }
    }
    assertTrue(call > 150, "only " + call + " calls were made");
  }

  @Test
  void afterAFailedSyncEveryCallFailsWithTheSameError() {
    boolean[] failing = {false};
    Disk disk =
        new InterceptedDisk(
            new SimulatedDisk(ROOT),
            (call, path) -> {
              if (failing[0] && call == InterceptedDisk.Call.SYNC) {
                failing[0] = false; // the disk works again, which must not help
                throw new IOException("injected");
              }
            });
    LogTwin twin = new LogTwin();
    Workload workload = new Workload(5, twin);
    Wal.Opened opened = Wal.open(DIRECTORY, options(disk), SELF);
    workload.use(opened);
    workload.step();
    failing[0] = true;
    StorageFailure first = assertThrows(StorageFailure.class, workload::step);
    Wal wal = opened.wal();
    assertFalse(failing[0]);
    assertEquals(first, assertThrows(StorageFailure.class, wal::sync));
    assertEquals(
        first, assertThrows(StorageFailure.class, () -> wal.append(Optional.empty(), List.of())));
    assertEquals(first, assertThrows(StorageFailure.class, () -> wal.truncatePrefix(1)));
    wal.close();
  }

  @Test
  void whatAFailedSyncLeftInMemoryIsWrittenAgainBeforeItIsBelieved() throws IOException {
    for (int call = 1; call <= 600; call++) {
      int failing = call;
      int[] calls = {0};
      SimulatedDisk disk = new SimulatedDisk(ROOT);
      Disk faulty =
          new InterceptedDisk(
              disk,
              (kind, path) -> {
                if (++calls[0] >= failing && kind == InterceptedDisk.Call.SYNC) {
                  disk.forgetUnsynced();
                  throw new IOException("injected");
                }
              });
      LogTwin twin = new LogTwin();
      try {
        run(21, twin, faulty, true);
        assertTrue(call > 150, "only " + call + " calls were made");
        return;
      } catch (StorageFailure e) {
        SimulatedDisk left = disk.processKill();
        Wal.Opened opened = Wal.open(DIRECTORY, options(left), SELF);
        expectPossible("call " + call, twin, opened);
        twin.crashed(LogTwin.describe(opened.recovered()));
        check("call " + call + ", power cut", twin, left.powerCut(new Random(call)));
      }
    }
    throw new AssertionError("the calls never ended");
  }

  private static void run(long seed, LogTwin twin, Disk disk, boolean checked) {
    Workload workload = new Workload(seed, twin);
    Wal.Opened opened = Wal.open(DIRECTORY, options(disk), SELF);
    workload.use(opened);
    for (int i = 0; i < STEPS; i++) {
      try {
        workload.step();
      } catch (StorageFailure failure) {
        if (checked) {
          assertEquals(failure, assertThrows(StorageFailure.class, opened.wal()::sync));
        }
        throw failure;
      }
    }
    opened.wal().close();
  }

  /**
   * Ends process or power, then the power at some call of the recovery; then the member goes on.
   */
  private static void checkAndGoOn(String where, LogTwin twin, SimulatedDisk disk, Random random)
      throws IOException {
    SimulatedDisk left = random.nextBoolean() ? disk.powerCut(random) : disk.processKill();
    Strike again = new Strike(1 + random.nextInt(8), random.nextBoolean(), true, false);
    try {
      Wal.Opened opened = Wal.open(DIRECTORY, options(new InterceptedDisk(left, again)), SELF);
      expectPossible(where + ", at once", twin, opened);
      twin.crashed(LogTwin.describe(opened.recovered())); // read, so it may have been acted upon
    } catch (PowerCut end) {
      assertTrue(again.struck());
    }
    left = left.powerCut(random);
    Wal.Opened opened = Wal.open(DIRECTORY, options(left), SELF);
    expectPossible(where, twin, opened);
    twin.crashed(LogTwin.describe(opened.recovered()));
    Workload workload = new Workload(random.nextLong(), twin);
    workload.use(opened);
    for (int i = 0; i < 3; i++) {
      workload.step();
    }
    check(where + ", went on", twin, left.powerCut(random));
  }

  private static void check(String where, LogTwin twin, SimulatedDisk disk) {
    Wal.Opened opened = Wal.open(DIRECTORY, options(disk), SELF);
    expectPossible(where, twin, opened);
    opened.wal().close();
  }

  private static void expectPossible(String where, LogTwin twin, Wal.Opened opened) {
    String found = LogTwin.describe(opened.recovered());
    List<String> possible = twin.possible();
    assertTrue(
        possible.contains(found),
        () -> where + "\nfound    " + found + "\nexpected " + String.join("\n      or ", possible));
  }

  private static WalOptions options(Disk disk) {
    return new WalOptions(disk, 16 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
  }
}
