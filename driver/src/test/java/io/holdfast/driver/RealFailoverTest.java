package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.testing.RecordingListener;
import io.holdfast.driver.testing.StoreProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three members, of which one at a time is killed while requests and a watch go on. */
class RealFailoverTest {
  private List<StoreProcess> cluster = List.of();
  private Connection connection;

  @BeforeEach
  void start() {
    cluster = StoreProcess.startCluster(3);
    String endpoints = String.join(",", cluster.stream().map(StoreProcess::endpoint).toList());
    connection = Drivers.connect("etcd://" + endpoints + "?requestTimeout=20s");
  }

  @AfterEach
  void stop() {
    if (connection != null) {
      connection.close();
    }
    cluster.forEach(StoreProcess::close);
  }

  @Test
  void writesAndAWatchSurviveTheDeathOfEachMember() throws Exception {
    RecordingListener listener = new RecordingListener();
    connection.watch(WatchRequest.of(KeyRange.all()), listener);
    listener.nextConnected();
    List<String> acknowledged = new ArrayList<>();
    int number = 0;
    for (StoreProcess member : cluster) {
      member.kill();
      for (int write = 0; write < 10; write++) {
        String key = String.format("k%03d", number++);
        if (isAcknowledged(key)) {
          acknowledged.add(key + "=" + key);
        }
      }
      member.restart();
    }
    List<String> seen = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!seen.containsAll(acknowledged)) {
      assertTrue(System.nanoTime() < deadline, "saw " + seen);
      seen.add(RecordingListener.text(listener.nextEvent()));
    }
    assertEquals(seen.stream().distinct().toList(), seen, "no event comes twice");
    assertTrue(acknowledged.size() >= 24, "only " + acknowledged);
  }

  private boolean isAcknowledged(String key) {
    try {
      connection.put(key, key);
      return true;
    } catch (HoldfastException failed) {
      // Only what was under way when the member died may be in doubt.
      assertTrue(failed.outcomeUnknown(), failed.getMessage());
      return false;
    }
  }
}
