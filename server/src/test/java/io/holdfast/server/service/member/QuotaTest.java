package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is full by its own measure, and how it is emptied. */
class QuotaTest {
  private static final long QUOTA_BYTES = 1 << 20;
  private static final int VALUE_BYTES = 10_000;

  @TempDir Path directory;

  @Test
  void aFullStoreTakesNoMoreAndIsEmptiedByCompaction() throws Exception {
    try (Member member = start(QUOTA_BYTES)) {
      Alarm alarm = new Alarm(AlarmType.NO_SPACE, member.memberId());
      int stored = fill(member);
      assertTrue(stored > 80 && stored < 105, stored + " values fitted");
      assertEquals(List.of(alarm), member.maintenance().knownAlarms());
      assertTrue(
          member.maintenance().status().body().errors().stream()
              .anyMatch(error -> error.contains("alarm:NOSPACE")));
      assertRefused(member.leases().grant(0, 60));
      long lastRevision =
          await(member.keyValues().range(RangeQuery.of(KeyRange.all()), false)).header().revision();

      await(member.keyValues().deleteRange(new Command.DeleteRange(KeyRange.all(), false)));
      await(member.keyValues().compact(lastRevision + 1, true));
      long left = member.maintenance().status().body().databaseSizeInUseBytes();
      assertTrue(left < QUOTA_BYTES / 4, left + " bytes are left");
      assertRefused(put(member, 1));
      await(member.maintenance().setAlarm(Caller.ANONYMOUS, alarm, false));
      assertEquals(List.of(), await(member.maintenance().alarms(Optional.empty())).body());
      await(put(member, 1));
      assertEquals(stored - 1, fill(member));
    }
  }

  @Test
  void anAlarmThatIsClearedTooEarlyComesBack() throws Exception {
    try (Member member = start(QUOTA_BYTES)) {
      fill(member);
      Alarm alarm = new Alarm(AlarmType.NO_SPACE, member.memberId());
      await(member.maintenance().setAlarm(Caller.ANONYMOUS, alarm, false));
      assertRefused(put(member, 1));
      assertEquals(List.of(alarm), member.maintenance().knownAlarms());
    }
  }

  @Test
  void aNegativeQuotaIsNone() throws Exception {
    try (Member member = start(-1)) {
      for (int i = 0; i < 150; i++) {
        await(put(member, i));
      }
      assertEquals(-1, member.maintenance().status().body().databaseQuotaBytes());
    }
    try (Member member = start(0)) {
      assertEquals(2L << 30, member.maintenance().status().body().databaseQuotaBytes());
    }
  }

  @Test
  void theSmallestQuotaOfAClusterCountsForAll() throws Exception {
    try (TestCluster cluster =
        TestCluster.start(
            directory,
            27_000,
            config -> config.quotaBackendBytes(smallOnTheSecond(config.build().name())))) {
      int stored = 0;
      StoreException refusal = null;
      while (refusal == null) {
        try {
          cluster.put(0, "key" + stored++, "v".repeat(VALUE_BYTES));
        } catch (StoreException e) {
          refusal = e;
        }
      }
      assertEquals(EtcdError.NO_SPACE, refusal.error());
      Alarm alarm = new Alarm(AlarmType.NO_SPACE, cluster.member(1).memberId());
      for (int i = 0; i < TestCluster.SIZE; i++) {
        Member member = cluster.member(i);
        awaitTrue("the alarm", () -> member.maintenance().knownAlarms().equals(List.of(alarm)));
      }
      assertEquals("v".repeat(VALUE_BYTES), cluster.get(2, "key0"));
    }
  }

  @Test
  void theLeaderCompactsByItself() throws Exception {
    MemberConfig.Builder config =
        MemberConfig.builder("default", directory)
            .autoCompaction(new AutoCompaction.Periodic(Duration.ofMillis(500)));
    try (Member member = Member.start(config.build())) {
      for (int i = 0; i < 20; i++) {
        await(put(member, 1));
      }
      awaitTrue("a compaction", () -> member.counters().compactRevision() == 21);
    }
  }

  private static long smallOnTheSecond(String name) {
    return name.equals("m1") ? QUOTA_BYTES : 0;
  }

  /** Puts values under new keys until they are refused; how many fitted. */
  private static int fill(Member member) throws Exception {
    int stored = 0;
    while (member.maintenance().knownAlarms().isEmpty()) {
      CompletionStage<?> put = put(member, 1000 + stored);
      try {
        await(put);
        stored++;
      } catch (StoreException refused) {
        assertEquals(EtcdError.NO_SPACE, refused.error());
      }
    }
    assertRefused(put(member, 0));
    return stored;
  }

  private static void assertRefused(CompletionStage<?> request) {
    StoreException refused = assertThrows(StoreException.class, () -> await(request));
    assertEquals(EtcdError.NO_SPACE, refused.error());
  }

  private static CompletionStage<?> put(Member member, int number) {
    return member.keyValues().put(Command.Put.of(Key.of("key" + number), new byte[VALUE_BYTES]));
  }

  private Member start(long quotaBytes) throws Exception {
    Member member =
        Member.start(
            MemberConfig.builder("default", directory).quotaBackendBytes(quotaBytes).build());
    await(member.joined());
    return member;
  }
}
