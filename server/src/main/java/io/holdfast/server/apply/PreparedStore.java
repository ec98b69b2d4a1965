package io.holdfast.server.apply;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.PreparedState;

/** An opened store that holds a snapshot's state, beside the live one. */
public interface PreparedStore extends PreparedState {
  Backend backend();

  MvccStore store();

  /** Gives the lessor the keys that have leases; they were looked for beforehand. */
  void attachTo(Lessor lessor);

  /**
   * Puts the store's file in the place of the live one's, durably. Loop thread; short.
   *
   * @param live closed as soon as nobody reads it any more
   */
  void exchange(Backend live);
}
