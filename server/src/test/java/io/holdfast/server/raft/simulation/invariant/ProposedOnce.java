package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * A proposal is logged at most once, though networks repeat messages: clients here never repeat
 * theirs (Raft paper, section 8, leaves repeats by clients to the state machine).
 */
final class ProposedOnce implements Invariant {
  private final Map<Long, Long> indexes = new HashMap<>();

  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    if (!first || entry.isEmpty() || entry.type() == EntryType.CONFIG_CHANGE) {
      return;
    }
    long operation = ByteBuffer.wrap(entry.data()).getLong();
    Long earlier = indexes.put(operation, entry.index());
    if (earlier != null) {
      throw new SimulationFailure(
          "proposed once",
          "operation " + operation + " is committed at " + earlier + " and " + entry.index());
    }
  }
}
