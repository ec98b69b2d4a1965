package io.holdfast.server.service;

import java.util.Map;

/**
 * Promotions of learners that this member decided about as the leader, since it started.
 *
 * @param successes learners that became voters
 * @param failuresByReason how often each reason was given for a refusal
 */
public record PromotionCounters(long successes, Map<String, Long> failuresByReason) {
  /** None was asked for. */
  public static final PromotionCounters NONE = new PromotionCounters(0, Map.of());

  public PromotionCounters {
    failuresByReason = Map.copyOf(failuresByReason);
  }
}
