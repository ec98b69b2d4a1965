package io.holdfast.server.ops;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts remote calls by method and outcome, as the metrics {@code grpc_server_started_total} and
 * {@code grpc_server_handled_total} show them. Thread-safe. A call costs two look-ups and two
 * additions; the entries are made once per method and code.
 */
public final class RpcMetrics {
  /**
   * One method.
   *
   * @param service the full name, {@code etcdserverpb.KV}
   * @param method the bare name, {@code Range}
   * @param type unary, client_stream, server_stream or bidi_stream
   */
  public record Method(String service, String method, String type) {}

  private record Outcome(Method method, String code) {}

  /** One count to show. */
  record Count(Method method, String code, long calls) {}

  private final ConcurrentHashMap<Method, LongAdder> started = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Outcome, LongAdder> handled = new ConcurrentHashMap<>();

  /** The counter of calls of a method that began; callers keep it. */
  public LongAdder started(Method method) {
    return started.computeIfAbsent(method, key -> new LongAdder());
  }

  /**
   * The counter of calls of a method that ended with a code such as {@code OK}; callers keep it.
   */
  public LongAdder handled(Method method, String code) {
    return handled.computeIfAbsent(new Outcome(method, code), key -> new LongAdder());
  }

  List<Count> startedCounts() {
    return started.entrySet().stream()
        .map(entry -> new Count(entry.getKey(), "", entry.getValue().sum()))
        .toList();
  }

  List<Count> handledCounts() {
    return handled.entrySet().stream()
        .map(
            entry ->
                new Count(entry.getKey().method(), entry.getKey().code(), entry.getValue().sum()))
        .toList();
  }
}
