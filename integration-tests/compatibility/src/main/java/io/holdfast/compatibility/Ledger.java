package io.holdfast.compatibility;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What a run has compared and explained. Not thread-safe. */
final class Ledger {
  private final Map<Call, Long> operations = new EnumMap<>(Call.class);
  private final Map<Call, Long> refusals = new EnumMap<>(Call.class);
  private final Map<Call, Map<String, Long>> explained = new EnumMap<>(Call.class);
  private final Map<String, Long> errors = new TreeMap<>();
  private long events;
  private long scripts;

  void script() {
    scripts++;
  }

  void compared(Call call, Answer etcd) {
    operations.merge(call, 1L, Long::sum);
    if (!etcd.isOk()) {
      refusals.merge(call, 1L, Long::sum);
      errors.merge(etcd.status(), 1L, Long::sum);
    }
  }

  void explained(Call call, Rule rule) {
    explained.computeIfAbsent(call, missing -> new TreeMap<>()).merge(rule.name(), 1L, Long::sum);
  }

  void events(int count) {
    events += count;
  }

  long operations() {
    return operations.values().stream().mapToLong(Long::longValue).sum();
  }

  long operations(Call call) {
    return operations.getOrDefault(call, 0L);
  }

  /** Operations that etcd refused with an error. */
  long refusals(Call call) {
    return refusals.getOrDefault(call, 0L);
  }

  /** Places explained, by the rule's name. */
  Map<String, Long> explained(Call call) {
    return explained.getOrDefault(call, Map.of());
  }

  long explained(Rule rule) {
    return explained.values().stream()
        .mapToLong(byRule -> byRule.getOrDefault(rule.name(), 0L))
        .sum();
  }

  /** Codes and texts that etcd has refused with, and how often. */
  Map<String, Long> errors() {
    return errors;
  }

  long events() {
    return events;
  }

  long scripts() {
    return scripts;
  }
}
