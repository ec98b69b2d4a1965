package io.holdfast.server.node;

import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Which peers are near: how long the quickest answer to entries took lately, with the peer's sync
 * in it. The quickest and not the mean, because the mean tells how busy everybody is, and the
 * busier they are the more there is to gain by gathering. Used within turns.
 */
final class PeerDistances {
  /** Answers, or time, after which the quickest of them counts. */
  private static final int ANSWERS = 32;

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long nearNanos;
  private final Map<Long, Distance> distances = new HashMap<>();

  /**
   * @param nearNanos see {@link NodeOptions#nearNanos}
   */
  PeerDistances(long nearNanos) {
    this.nearNanos = nearNanos;
  }

  /** A leadership begins: nothing is known, and nobody was told. */
  void forget() {
    distances.clear();
  }

  /** A message leaves. */
  void sent(AppendEntries append, long nowNanos) {
    if (!append.entries().isEmpty()) {
      long lastIndex = append.prevLogIndex() + append.entries().size();
      distances.computeIfAbsent(append.to(), peer -> new Distance()).sent(lastIndex, nowNanos);
    }
  }

  /**
   * An answer comes.
   *
   * @return what the core is to know now and did not before
   */
  Optional<Input> answered(AppendEntriesResponse response, long nowNanos) {
    Distance distance = distances.get(response.from());
    if (distance == null || response.rejected() || !distance.answered(response.index(), nowNanos)) {
      return Optional.empty();
    }
    return distance.judge(nearNanos)
        ? Optional.of(new Input.Distance(response.from(), distance.near))
        : Optional.empty();
  }

  /** What is known of one peer. One message at a time is timed. */
  private static final class Distance {
    private long timedIndex;
    private long timedSince;
    private long quickest;
    private long windowSince;
    private int answers;
    private boolean near;

    void sent(long lastIndex, long nowNanos) {
      if (timedIndex == 0) {
        timedIndex = lastIndex;
        timedSince = nowNanos;
      }
    }

    /** Returns whether enough is known for a judgement. */
    boolean answered(long index, long nowNanos) {
      if (timedIndex == 0 || index < timedIndex) {
        return false;
      }
      timedIndex = 0;
      long took = nowNanos - timedSince;
      if (answers++ == 0) {
        windowSince = nowNanos;
        quickest = took;
      }
      quickest = Math.min(quickest, took);
      return answers == ANSWERS || nowNanos - windowSince > WINDOW_NANOS;
    }

    /** Returns whether the judgement has changed; who is near stays so until twice as far. */
    boolean judge(long nearNanos) {
      answers = 0;
      boolean before = near;
      near = quickest < (near ? 2 * nearNanos : nearNanos);
      return near != before;
    }
  }
}
