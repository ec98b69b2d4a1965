package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Log Matching (Raft paper, figure 3 and 5.3): "if two logs contain an entry with the same index
 * and term, then the logs are identical in all entries up through the given index".
 *
 * <p>Checked by induction, as the paper proves it: an index and a term always name the same command
 * behind an entry of the same term.
 */
final class LogMatching implements Invariant {
  private record Position(long index, long term) {}

  private record Content(byte[] command, long previousTerm) {}

  private final Map<Position, Content> known = new HashMap<>();

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    for (Entry entry : ready.entries()) {
      long previousTerm = node.mirror().termAt(entry.index() - 1);
      Content content = new Content(entry.data(), previousTerm);
      Content earlier = known.putIfAbsent(new Position(entry.index(), entry.term()), content);
      if (earlier != null
          && (earlier.previousTerm != previousTerm
              || !Arrays.equals(earlier.command, content.command))) {
        throw new SimulationFailure(
            "log matching",
            "member "
                + node.id()
                + " writes "
                + entry
                + " behind term "
                + previousTerm
                + ", elsewhere it is behind term "
                + earlier.previousTerm);
      }
    }
  }
}
