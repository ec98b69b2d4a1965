package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.service.Response;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three members in one process, over loopback, with real logs and stores. */
class ClusterTest {
  @TempDir Path directory;

  @Test
  void replicatesAndAnswersEverywhere() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 31_100)) {
      Response<CommandResult.Put> put = cluster.put(0, "a", "1");
      assertEquals("1", cluster.get(1, "a"));
      cluster.put(1, "a", "2");
      assertEquals("2", cluster.get(2, "a"));
      cluster.put(2, "a", "3");
      assertEquals("3", cluster.get(0, "a"));
      assertEquals(put.header().clusterId(), cluster.member(1).clusterId());
    }
  }
}
