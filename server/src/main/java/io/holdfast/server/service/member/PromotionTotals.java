package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.PromotionCounters;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what became of promotions. Thread-safe; they are rare. */
final class PromotionTotals {
  private final Map<EtcdError, Long> failures = new EnumMap<>(EtcdError.class);
  private long successes;

  /**
   * @param failure null for none; a leader that was none any more has decided nothing
   */
  synchronized void count(Throwable failure) {
    if (failure == null) {
      successes++;
    } else if (CommandPath.unwrap(failure) instanceof StoreException refusal
        && refusal.error() != EtcdError.NOT_LEADER) {
      failures.merge(refusal.error(), 1L, Long::sum);
    }
  }

  synchronized PromotionCounters counters() {
    Map<String, Long> byReason = new TreeMap<>();
    failures.forEach((error, count) -> byReason.put(error.text(), count));
    return new PromotionCounters(successes, byReason);
  }
}
