package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.StartupException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way out when a majority is lost: one member goes on alone with all its data. */
class ForcedClusterTest {
  @TempDir Path directory;

  @Test
  void theSurvivorKeepsItsDataAndIdsAndGoesOnAlone() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 26_640)) {
      cluster.putMany(cluster.awaitLeader(), 200, 20);
      cluster.put(0, "last", "acknowledged");
      long memberId = cluster.member(0).memberId();
      long clusterId = cluster.member(0).clusterId();
      long revision = cluster.member(0).counters().revision();
      for (int i = 0; i < TestCluster.SIZE; i++) {
        cluster.stopMember(i);
      }
      try (Member alone = Member.start(cluster.config(0).forceNewCluster(true).build())) {
        await(alone.joined());
        assertEquals(memberId, alone.memberId());
        assertEquals(clusterId, alone.clusterId());
        assertEquals(1, await(alone.cluster().memberList(true)).body().size());
        assertTrue(alone.counters().revision() >= revision);
        assertTrue(alone.health().leaderId() == memberId);
      }
      // Told once more, and without the flag: nothing changes.
      for (boolean forced : new boolean[] {true, false}) {
        try (Member alone = Member.start(cluster.config(0).forceNewCluster(forced).build())) {
          await(alone.joined());
          assertEquals(1, await(alone.cluster().memberList(true)).body().size());
        }
      }
      // The others can go on as they were, but never with the one that left them.
      cluster.startMember(0);
      cluster.startMember(1);
      await(cluster.member(0).joined());
      cluster.put(0, "after", "the disaster");
      assertEquals("acknowledged", cluster.get(0, "last"));
      assertEquals(0, cluster.member(1).health().leaderId());
    }
  }

  @Test
  void withoutDataThereIsNothingToForce() {
    Path empty = directory.resolve("empty");
    StartupException refused =
        assertThrows(
            StartupException.class,
            () -> Member.start(MemberConfig.builder("m", empty).forceNewCluster(true).build()));
    assertTrue(refused.getMessage().contains("--force-new-cluster"), refused.getMessage());
    assertFalse(Files.exists(empty));
  }
}
