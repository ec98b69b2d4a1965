package io.holdfast.scenarios;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** When the keys of leases went away, as first told by any member. */
final class LeaseEnds implements AutoCloseable {
  private final Map<String, Long> ends = new ConcurrentHashMap<>();
  private final List<Connection> connections = new ArrayList<>();

  LeaseEnds(List<String> endpoints) {
    for (String endpoint : endpoints) {
      Connection connection = Drivers.connect("etcd://" + endpoint + "/?backoffMax=100ms");
      connections.add(connection);
      connection.watch(WatchRequest.of(KeyRange.prefix("lease/")).fromRevision(1), new Listener());
    }
  }

  /** When the key was deleted, on the clock of {@link System#nanoTime}. */
  long endOf(String key) {
    Long end = ends.get(key);
    if (end == null) {
      throw new AssertionError(key + " is still there, or its end was never told");
    }
    return end;
  }

  @Override
  public void close() {
    connections.forEach(Connection::close);
  }

  private final class Listener implements WatchListener {
    @Override
    public void onEvents(WatchBatch batch) {
      long now = System.nanoTime();
      for (WatchEvent event : batch.events()) {
        if (event.type() == WatchEvent.Type.DELETE) {
          ends.merge(event.keyValue().key().asUtf8(), now, Math::min);
        }
      }
    }

    @Override
    public void onResync(WatchResync resync) {
      throw new AssertionError("nothing is compacted here: " + resync);
    }
  }
}
