package io.holdfast.server.ops;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts remote calls by method and outcome, their messages, times and bytes, as the metrics {@code
 * grpc_server_*} and {@code etcd_network_client_grpc_*} show them. Thread-safe. What a call adds to
 * is looked up once per method and code.
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
  private final ConcurrentHashMap<Method, LongAdder> messagesReceived = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Method, LongAdder> messagesSent = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Method, HandlingHistogram> handling = new ConcurrentHashMap<>();
  private final LongAdder bytesReceived = new LongAdder();
  private final LongAdder bytesSent = new LongAdder();

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

  /** The counter of messages that clients sent to a method; callers keep it. */
  public LongAdder messagesReceived(Method method) {
    return messagesReceived.computeIfAbsent(method, key -> new LongAdder());
  }

  /** The counter of messages that a method sent to clients; callers keep it. */
  public LongAdder messagesSent(Method method) {
    return messagesSent.computeIfAbsent(method, key -> new LongAdder());
  }

  /** Where the time is recorded that calls of a method took; callers keep it. */
  public HandlingHistogram handling(Method method) {
    return handling.computeIfAbsent(method, key -> new HandlingHistogram());
  }

  /** Bytes of messages from gRPC clients, as they came over the wire. */
  public LongAdder bytesReceived() {
    return bytesReceived;
  }

  /** Bytes of messages to gRPC clients, as they went over the wire. */
  public LongAdder bytesSent() {
    return bytesSent;
  }

  List<Count> startedCounts() {
    return counts(started);
  }

  List<Count> messagesReceivedCounts() {
    return counts(messagesReceived);
  }

  List<Count> messagesSentCounts() {
    return counts(messagesSent);
  }

  Map<Method, HandlingHistogram> handlingTimes() {
    return handling;
  }

  private static List<Count> counts(Map<Method, LongAdder> counters) {
    return counters.entrySet().stream()
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
