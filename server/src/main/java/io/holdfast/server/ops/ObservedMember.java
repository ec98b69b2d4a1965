package io.holdfast.server.ops;

import io.holdfast.server.service.BackupCounters;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.MemberCounters;
import jakarta.inject.Singleton;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The member that probes and metrics look at. It is there only once its recovery is done; until
 * then the pages answer for a process that is still starting. Thread-safe.
 */
@Singleton
public class ObservedMember {
  private record Sources(
      Supplier<HealthFacts> health,
      Supplier<MemberCounters> counters,
      Supplier<Optional<BackupCounters>> backups) {}

  private volatile Sources sources;

  /**
   * Begins to observe a member.
   *
   * @param health answers without waiting
   * @param counters answers without waiting
   * @param backups answers without waiting; empty when none are scheduled
   */
  public void observe(
      Supplier<HealthFacts> health,
      Supplier<MemberCounters> counters,
      Supplier<Optional<BackupCounters>> backups) {
    sources =
        new Sources(
            Objects.requireNonNull(health),
            Objects.requireNonNull(counters),
            Objects.requireNonNull(backups));
  }

  /** What became of scheduled backups; empty while the member recovers, or when there are none. */
  Optional<BackupCounters> backups() {
    Sources now = sources;
    return now == null ? Optional.empty() : now.backups().get();
  }

  /** The member's health; empty while it recovers. */
  Optional<HealthFacts> health() {
    Sources now = sources;
    return now == null ? Optional.empty() : Optional.of(now.health().get());
  }

  /** The member's figures; empty while it recovers. */
  Optional<MemberCounters> counters() {
    Sources now = sources;
    return now == null ? Optional.empty() : Optional.of(now.counters().get());
  }
}
