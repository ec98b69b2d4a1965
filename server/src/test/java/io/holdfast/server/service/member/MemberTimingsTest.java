package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.MemberTimings;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MemberTimingsTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;

  @Test
  void eachPieceOfWorkIsToldOnce() throws Exception {
    Told told = new Told();
    MemberConfig config = MemberConfig.builder("default", directory).timings(told).build();
    try (Member member = Member.start(config)) {
      await(member.joined());
      await(member.keyValues().put(Command.Put.of(Key.of("k"), new byte[100])));
      await(member.keyValues().put(Command.Put.of(Key.of("k"), new byte[100])));
      assertThrows(
          StoreException.class,
          () ->
              await(
                  member
                      .keyValues()
                      .put(new Command.Put(Key.of("k"), NONE, 7, false, false, false))));
      long revision = member.counters().revision();
      await(member.keyValues().compact(revision, true));
      await(member.maintenance().defragment());
      await(member.maintenance().hash());
      await(member.maintenance().hashKv(0));
      try (Backup backup = await(member.maintenance().backup())) {
        backup.writeTo(OutputStream.nullOutputStream());
        assertEquals(0, told.of("backup"), "a backup takes until it is closed");
      }
      assertFalse(member.counters().defragmenting());
      assertEquals(1, member.counters().usage().compacted());
    }
    assertTrue(told.of("walWrite") > 0);
    assertTrue(told.of("walSync") > 0);
    assertTrue(told.walBytes.get() > 200, "two values of 100 bytes");
    assertTrue(told.of("backendCommit") > 0);
    assertEquals(2, told.of("Put true"));
    assertEquals(1, told.of("Put false"));
    assertEquals(1, told.of("Compaction true"));
    assertEquals(1, told.of("ClusterMemberAttrSet true"));
    for (String once :
        List.of("removalStep", "removal", "defragment", "hash", "hashOfRevision", "backup")) {
      assertEquals(1, told.of(once), once);
    }
  }

  private static final class Told implements MemberTimings {
    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
    private final AtomicLong walBytes = new AtomicLong();

    long of(String work) {
      return counts.getOrDefault(work, new AtomicLong()).get();
    }

    private void told(String work, long nanos) {
      assertTrue(nanos >= 0, work);
      counts.computeIfAbsent(work, key -> new AtomicLong()).incrementAndGet();
    }

    @Override
    public void walSync(long nanos) {
      told("walSync", nanos);
    }

    @Override
    public void backendCommit(long nanos) {
      told("backendCommit", nanos);
    }

    @Override
    public void removalStep(long nanos) {
      told("removalStep", nanos);
    }

    @Override
    public void removal(long nanos) {
      told("removal", nanos);
    }

    @Override
    public void defragment(long nanos) {
      told("defragment", nanos);
    }

    @Override
    public void hash(long nanos) {
      told("hash", nanos);
    }

    @Override
    public void hashOfRevision(long nanos) {
      told("hashOfRevision", nanos);
    }

    @Override
    public void backup(long nanos) {
      told("backup", nanos);
    }

    @Override
    public void walWrite(long bytes, long nanos) {
      walBytes.addAndGet(bytes);
      told("walWrite", nanos);
    }

    @Override
    public void executed(String operation, boolean accepted, long nanos) {
      told(operation + " " + accepted, nanos);
    }
  }
}
