package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.service.Backup;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MemberTimingsTest {
  @TempDir Path directory;

  @Test
  void eachPieceOfWorkIsToldOnce() throws Exception {
    List<List<Long>> told = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      told.add(new CopyOnWriteArrayList<>());
    }
    MemberTimings timings =
        new MemberTimings(
            told.get(0)::add,
            told.get(1)::add,
            told.get(2)::add,
            told.get(3)::add,
            told.get(4)::add,
            told.get(5)::add);
    MemberConfig config = MemberConfig.builder("default", directory).timings(timings).build();
    try (Member member = Member.start(config)) {
      await(member.joined());
      await(member.keyValues().put(Command.Put.of(Key.of("k"), new byte[100])));
      await(member.maintenance().defragment());
      await(member.maintenance().hash());
      await(member.maintenance().hashKv(0));
      try (Backup backup = await(member.maintenance().backup())) {
        backup.writeTo(OutputStream.nullOutputStream());
        assertEquals(0, told.get(5).size(), "a backup takes until it is closed");
      }
      assertFalse(member.counters().defragmenting());
    }
    assertTrue(told.get(0).size() > 0, "syncs of the log");
    assertTrue(told.get(1).size() > 0, "commits of the store");
    for (int i = 2; i < 6; i++) {
      assertEquals(1, told.get(i).size(), "work " + i);
    }
    told.forEach(one -> one.forEach(nanos -> assertTrue(nanos >= 0)));
  }
}
