package io.holdfast.server.apply;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.ReceivedSnapshot;
import java.io.IOException;

/** Puts a received snapshot in the place of the live store. */
@FunctionalInterface
public interface SnapshotInstaller {
  /** The opened store that holds the snapshot's state, durable. */
  record Installed(Backend backend, MvccStore store) {}

  /**
   * Loads the snapshot beside the live store and exchanges the two; closes the live one.
   *
   * @throws IOException the snapshot could not be read; the live store is untouched and open
   */
  Installed install(Backend live, ReceivedSnapshot snapshot) throws IOException;
}
