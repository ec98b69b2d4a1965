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

  /** What a client says of its API, and whether it called once or holds a stream. */
  record Client(String apiVersion, String type) {}

  private static final int CLIENTS_MAX = 64;
  private static final int API_VERSION_LENGTH_MAX = 32;

  /** One count to show. */
  record Count(Method method, String code, long calls) {}

  private final ConcurrentHashMap<Method, LongAdder> started = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Outcome, LongAdder> handled = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Method, LongAdder> messagesReceived = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Method, LongAdder> messagesSent = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Method, HandlingHistogram> handling = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Client, LongAdder> clientRequests = new ConcurrentHashMap<>();
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

  /**
   * Counts a call by what its client says of its API. Clients may say anything: beyond so many
   * versions, the others count as one.
   *
   * @param apiVersion null when the client says nothing
   */
  public void clientRequest(String apiVersion, boolean unary) {
    String type = unary ? "unary" : "stream";
    String version = apiVersion == null ? "unknown" : apiVersion;
    LongAdder count = clientRequests.get(new Client(version, type));
    if (count == null) {
      boolean full = clientRequests.size() >= CLIENTS_MAX;
      boolean odd = full || version.length() > API_VERSION_LENGTH_MAX;
      count =
          clientRequests.computeIfAbsent(
              new Client(odd ? "other" : version, type), key -> new LongAdder());
    }
    count.increment();
  }

  Map<Client, LongAdder> clientRequests() {
    return clientRequests;
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
