package io.holdfast.server.apply;

import io.holdfast.server.node.ReceivedSnapshot;
import java.io.IOException;

/** Loads received snapshots beside the live store. */
@FunctionalInterface
public interface SnapshotInstaller {
  /**
   * Loads a snapshot into a store of its own, durable and opened. Any one thread; may take long.
   *
   * @throws IOException the snapshot could not be read, or there is no room; nothing is left of it
   */
  PreparedStore prepare(ReceivedSnapshot snapshot) throws IOException;
}
