package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.node.FatalHandler;
import io.holdfast.server.node.LogStore;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.transport.PeerSecurity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that refuses at some call: the member ends, and what it acknowledged is found again. */
class MemberFailureTest {
  private static final int WRITES = 400;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 9, 10, 25, 26})
  void acknowledgesNothingAfterTheLogFailedAndLosesNothing(int failingCall) throws Exception {
    List<Throwable> fatal = Collections.synchronizedList(new ArrayList<>());
    Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    FailingLog[] log = new FailingLog[1];
    MemberConfig config = MemberConfig.builder("default", directory).snapshotCount(5).build();
    Member member =
        Member.start(
            config,
            new MachineEnvironment(PeerSecurity.plaintext()) {
              @Override
              public FatalHandler fatalHandler() {
                return fatal::add;
              }

              @Override
              public LogStore log(LogStore real) {
                log[0] = new FailingLog(real);
                return log[0];
              }
            });
    await(member.joined());
    log[0].failAt(failingCall);
    List<CompletionStage<?>> late = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      int number = i;
      boolean afterTheEnd = !fatal.isEmpty();
      CompletionStage<?> answer =
          member
              .keyValues()
              .put(Command.Put.of(Key.of("key" + i), bytes("x")))
              .whenComplete(
                  (response, failure) -> {
                    if (failure == null) {
                      acknowledged.add(number);
                    }
                  });
      if (afterTheEnd) {
        late.add(answer);
      }
      if (i % 10 == 0) {
        awaitTrue("an answer or the end", () -> acknowledged.contains(number) || !fatal.isEmpty());
      }
    }
    awaitTrue("the end", () -> !fatal.isEmpty());
    Set<Integer> atTheEnd = new HashSet<>(acknowledged);
    assertEquals(1, fatal.size());
    assertTrue(fatal.get(0) instanceof StorageFailure, fatal.toString());
    assertTrue(member.health().failed());
    member.close();
    for (CompletionStage<?> answer : late) {
      assertTrue(answer.toCompletableFuture().isCompletedExceptionally());
    }
    assertEquals(atTheEnd, acknowledged, "nothing is acknowledged after the end");
    assertTrue(atTheEnd.size() < WRITES);

    try (Member again = Member.start(MemberConfig.builder("default", directory).build())) {
      await(again.joined());
      for (Integer number : acknowledged) {
        assertEquals(
            1,
            await(
                    again
                        .keyValues()
                        .range(RangeQuery.of(KeyRange.single(bytes("key" + number))), false))
                .body()
                .count(),
            "key" + number + " was acknowledged");
      }
    }
  }

  /** The real log until the chosen call; from then on every call fails. */
  private static final class FailingLog implements LogStore {
    private final LogStore log;
    private final AtomicInteger callsLeft = new AtomicInteger(Integer.MAX_VALUE);

    FailingLog(LogStore log) {
      this.log = log;
    }

    void failAt(int call) {
      callsLeft.set(call);
    }

    private void called(String what) {
      if (callsLeft.updateAndGet(left -> left == 0 ? 0 : left - 1) == 0) {
        throw new StorageFailure(what + " failed, as the test wished", new IOException("EIO"));
      }
    }

    @Override
    public void append(Optional<HardState> hardState, List<Entry> entries) {
      called("append");
      log.append(hardState, entries);
    }

    @Override
    public void sync() {
      called("sync");
      log.sync();
    }

    @Override
    public void snapshotSaved(SnapshotMetadata metadata) {
      called("snapshotSaved");
      log.snapshotSaved(metadata);
    }

    @Override
    public void snapshotInstalled(SnapshotMetadata metadata) {
      called("snapshotInstalled");
      log.snapshotInstalled(metadata);
    }

    @Override
    public void truncatePrefix(long index) {
      called("truncatePrefix");
      log.truncatePrefix(index);
    }

    @Override
    public void close() {
      log.close();
    }
  }
}
