package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.raft.Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TimeZone;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same log makes the same state, whatever the locale, the time zone, the clock, the role of the
 * member, the size of the batches, and however often it is restarted on the way.
 */
class DeterminismSimulationTest {
  private static final int ENTRIES = 600;

  @TempDir Path directory;

  /** One seed reproduces one log; a failure names it. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theSameLogMakesTheSameState(long seed) throws Exception {
    List<Entry> log = log(new Random(seed));
    Locale locale = Locale.getDefault();
    TimeZone zone = TimeZone.getDefault();
    try {
      String first = leaderWithoutRestarts(log);
      // Upper and lower case differ in Turkish, digits in Arabic, and the zone has half hours.
      Locale.setDefault(new Locale.Builder().setLanguage("tr").setRegion("TR").build());
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kolkata"));
      String second = followerWithRestarts(log, new Random(seed + 1));
      Locale.setDefault(new Locale.Builder().setLanguageTag("ar-EG-u-nu-arab").build());
      String third = followerWithRestarts(log, new Random(seed + 2));
      assertEquals(first, second, "seed " + seed);
      assertEquals(first, third, "seed " + seed);
    } finally {
      Locale.setDefault(locale);
      TimeZone.setDefault(zone);
    }
  }

  private String leaderWithoutRestarts(List<Entry> log) throws Exception {
    try (StateFixture state = new StateFixture(Files.createTempDirectory(directory, "a"))) {
      state.lessor.promote(0, 0);
      for (Entry entry : log) {
        state.nowNanos += 3_000_000_000L;
        state.applier.apply(List.of(entry));
        state.lessor.due(state.nowNanos);
      }
      return describe(state);
    }
  }

  private String followerWithRestarts(List<Entry> log, Random random) throws Exception {
    Path home = Files.createTempDirectory(directory, "b");
    StateFixture state = new StateFixture(home);
    int position = 0;
    while (position < log.size()) {
      int end = Math.min(log.size(), position + 1 + random.nextInt(60));
      state.applier.apply(log.subList(position, end));
      position = end;
      if (random.nextInt(3) == 0) {
        state.applier.commit();
      }
      if (random.nextInt(3) == 0) {
        state.close();
        state = new StateFixture(home);
        position = (int) state.applier.appliedIndex();
      }
    }
    String description = describe(state);
    state.close();
    return description;
  }

  private static String describe(StateFixture state) {
    StringBuilder text = new StringBuilder();
    text.append("applied ").append(state.applier.appliedIndex());
    text.append(", revision ").append(state.revision());
    text.append(", hash ").append(state.applier.store().hashKv(0)).append('\n');
    for (Long lease : state.lessor.leases()) {
      text.append(lease).append(" -> ").append(state.lessor.keysToRevoke(lease)).append('\n');
    }
    state
        .applier
        .store()
        .range(RangeQuery.of(KeyRange.all()))
        .keyValues()
        .forEach(pair -> text.append(pair).append('\n'));
    return text.toString();
  }

  private static List<Entry> log(Random random) {
    CommandCodec codec = new CommandCodec();
    List<Entry> log = new ArrayList<>();
    for (int index = 1; index <= ENTRIES; index++) {
      log.add(StateFixture.entry(index, codec.encode(index, command(random, index))));
    }
    return log;
  }

  private static Command command(Random random, int index) {
    long lease = 1 + random.nextInt(8);
    return switch (random.nextInt(12)) {
      case 0 -> new Command.LeaseGrant(lease, 10 + random.nextInt(1000));
      case 1 -> new Command.LeaseRevoke(lease);
      case 2 -> new Command.DeleteRange(KeyRange.prefix(key(random)), random.nextBoolean());
      case 3 -> new Command.Compact(random.nextInt(index + 1), random.nextBoolean());
      case 4 -> new Command.LeaseCheckpoints(List.of(new LeaseCheckpoint(lease, 5)));
      case 5, 6 ->
          new Command.Txn(
              List.of(
                  Compare.number(
                      KeyRange.prefix(key(random)),
                      Compare.Target.VERSION,
                      Compare.Relation.LESS,
                      3)),
              List.of(put(random), new Command.DeleteRange(KeyRange.prefix("q"), false)),
              List.of(new Command.Txn(List.of(), List.of(put(random)), List.of())));
      default -> put(random);
    };
  }

  private static Command.Put put(Random random) {
    long lease = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : 0;
    boolean keepValue = random.nextInt(10) == 0;
    return new Command.Put(
        Key.of(key(random)),
        keepValue ? new byte[0] : bytes("I-" + random.nextInt()),
        lease,
        random.nextBoolean(),
        keepValue,
        false);
  }

  private static String key(Random random) {
    return "TITLE-İi-" + random.nextInt(12);
  }

  /** Refusals are part of the behaviour: a log without any would show little. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theLogsHoldRefusedCommandsToo(long seed) throws Exception {
    int refused = 0;
    int executed = 0;
    try (StateFixture state = new StateFixture(Files.createTempDirectory(directory, "c"))) {
      Random random = new Random(seed);
      for (int index = 1; index <= ENTRIES; index++) {
        try {
          state.run(command(random, index));
          executed++;
        } catch (StoreException e) {
          refused++;
        }
      }
    }
    assertEquals(ENTRIES, refused + executed);
    assertEquals(true, refused > 30 && executed > 200, refused + " refused, " + executed);
  }
}
