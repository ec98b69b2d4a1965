package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.simulation.SimulatedNode;
import java.util.List;

/** What an invariant may look at. */
public interface Cluster {
  List<SimulatedNode> nodes();

  /** All entries that some member knows to be committed: index i at position i - 1. */
  List<Entry> committed();

  /** The membership at an index that is committed. */
  ConfState membershipAt(long index);
}
