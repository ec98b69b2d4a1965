package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static io.holdfast.server.apply.StateFixture.single;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alarms in the replicated state, and what they forbid. */
class AlarmsTest {
  private static final Alarm NO_SPACE = new Alarm(AlarmType.NO_SPACE, -5);
  private static final Alarm CORRUPT = new Alarm(AlarmType.CORRUPT, AlarmBook.NOBODY);

  @TempDir Path directory;
  private StateFixture state;

  @BeforeEach
  void open() {
    state = new StateFixture(directory);
    state.run(new Command.LeaseGrant(7, 60));
    state.put("a", "1", 7);
  }

  @AfterEach
  void close() {
    state.close();
  }

  @Test
  void raisingAndClearingTellWhatTheyDid() {
    assertEquals(Optional.of(NO_SPACE), set(NO_SPACE, true));
    assertEquals(Optional.of(NO_SPACE), set(NO_SPACE, true));
    assertEquals(List.of(NO_SPACE), state.applier.alarms().all());
    assertEquals(Optional.of(NO_SPACE), set(NO_SPACE, false));
    assertEquals(Optional.empty(), set(NO_SPACE, false));
    assertEquals(List.of(), state.applier.alarms().all());
    assertEquals(2, state.revision());
  }

  @Test
  void noSpaceForbidsWhatTakesSpace() {
    set(NO_SPACE, true);
    assertEquals(EtcdError.NO_SPACE, refusal(put("b")));
    assertEquals(EtcdError.NO_SPACE, refusal(new Command.LeaseGrant(8, 60)));
    assertEquals(EtcdError.NO_SPACE, refusal(txn(put("b"))));
    assertEquals(
        EtcdError.NO_SPACE, refusal(new Command.Txn(List.of(), List.of(), List.of(txn(put("b"))))));
    assertEquals(2, state.revision());
    state.run(txn(new Command.DeleteRange(single("a"), false)));
    state.run(txn(new Operation.Range(RangeQuery.of(KeyRange.all()), false)));
    state.run(new Command.LeaseCheckpoints(List.of(new LeaseCheckpoint(7, 30))));
    state.run(new Command.LeaseRevoke(7));
    state.run(new Command.Compact(3, true));
    assertEquals(3, state.revision());
    set(NO_SPACE, false);
    state.run(put("b"));
    assertEquals("v", state.value("b"));
  }

  @Test
  void damageForbidsEverythingAboutKeysAndLeases() {
    set(CORRUPT, true);
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(put("b")));
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(new Command.DeleteRange(single("a"), false)));
    assertEquals(
        EtcdError.CORRUPT_CLUSTER,
        refusal(txn(new Operation.Range(RangeQuery.of(KeyRange.all()), false))));
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(new Command.Compact(2, false)));
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(new Command.LeaseGrant(8, 60)));
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(new Command.LeaseRevoke(7)));
    state.run(new Command.MemberAttributes(5, "m5", List.of()));
    state.run(new Command.LeaseCheckpoints(List.of(new LeaseCheckpoint(7, 30))));
    assertEquals("1", state.value("a"));
    set(CORRUPT, false);
    state.run(put("b"));
  }

  @Test
  void oneDamagedMemberDoesNotStopTheOthersButTwoDo() {
    set(new Alarm(AlarmType.CORRUPT, 7), true);
    state.run(put("b"));
    set(new Alarm(AlarmType.CORRUPT, 8), true);
    assertEquals(EtcdError.CORRUPT_CLUSTER, refusal(put("b")));
  }

  @Test
  void oneMembersAlarmStandsWhenAnothersIsCleared() {
    Alarm other = new Alarm(AlarmType.NO_SPACE, 9);
    set(NO_SPACE, true);
    set(other, true);
    set(CORRUPT, true);
    assertEquals(List.of(other, NO_SPACE, CORRUPT), state.applier.alarms().all());
    set(NO_SPACE, false);
    set(CORRUPT, false);
    assertEquals(EtcdError.NO_SPACE, refusal(put("b")));
  }

  @Test
  void alarmsSurviveARestart() {
    set(NO_SPACE, true);
    set(CORRUPT, true);
    set(CORRUPT, false);
    state.applier.commit();
    state.close();
    state = new StateFixture(directory);
    assertEquals(List.of(NO_SPACE), state.applier.alarms().all());
    assertTrue(state.applier.alarms().isNoSpace());
    assertEquals(EtcdError.NO_SPACE, refusal(put("b")));
  }

  @Test
  void theCostOfATransactionIsThatOfItsDearerBranch() {
    Command.Put small = Command.Put.of(Key.of("k"), new byte[10]);
    Command.Put large = Command.Put.of(Key.of("k"), new byte[1000]);
    assertEquals(267, SpaceCost.bytes(small));
    assertEquals(1257, SpaceCost.bytes(large));
    Command.Txn either = new Command.Txn(List.of(), List.of(small, small), List.of(large));
    assertEquals(1257, SpaceCost.bytes(either));
    assertEquals(1257 + 267, SpaceCost.bytes(txn(either, small)));
    assertEquals(0, SpaceCost.bytes(txn(new Command.DeleteRange(single("a"), true))));
    assertEquals(0, SpaceCost.bytes(new Command.Compact(2, false)));
    assertEquals(64, SpaceCost.bytes(new Command.LeaseGrant(1, 1)));
  }

  private Optional<Alarm> set(Alarm alarm, boolean active) {
    CommandResult.SetAlarm done = state.run(new Command.SetAlarm(alarm, active));
    return done.affected();
  }

  private EtcdError refusal(Command command) {
    return state.refusal(command).error();
  }

  private static Command.Put put(String key) {
    return Command.Put.of(Key.of(key), bytes("v"));
  }

  private static Command.Txn txn(Operation... operations) {
    return new Command.Txn(List.of(), List.of(operations), List.of());
  }
}
