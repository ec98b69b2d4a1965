package io.holdfast.server.grpc;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.inprocess.InProcessSocketAddress;
import io.holdfast.server.ops.HandlingHistogram;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.ops.SlowWork;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the calls of a gRPC server, with their messages, bytes and times. All that a call needs of
 * its own is a tracer that knows when it began.
 */
public final class CallMetrics extends ServerStreamTracer.Factory {
  private static final Metadata.Key<String> CLIENT_API_VERSION =
      Metadata.Key.of("client-api-version", Metadata.ASCII_STRING_MARSHALLER);

  /** A lock and an office are waited for. */
  private static final Set<String> WAITING = Set.of("Lock", "Campaign");

  private final Map<String, MethodCounts> methods = new HashMap<>();
  private final MethodCounts unknown;

  /**
   * @param slow told of unary calls that are not meant to wait
   */
  public CallMetrics(List<ServerServiceDefinition> services, RpcMetrics metrics, SlowWork slow) {
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
        methods.put(
            descriptor.getFullMethodName(),
            new MethodCounts(
                metrics,
                new RpcMetrics.Method(
                    descriptor.getServiceName(),
                    descriptor.getBareMethodName(),
                    typeOf(descriptor)),
                slow));
      }
    }
    unknown = new MethodCounts(metrics, new RpcMetrics.Method("unknown", "unknown", "unary"), slow);
  }

  /** Method names that clients make up share one counter, so that they cannot fill the memory. */
  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    MethodCounts counts = methods.getOrDefault(fullMethodName, unknown);
    counts.started.increment();
    counts.metrics.clientRequest(headers.get(CLIENT_API_VERSION), counts.unary);
    return new CallTracer(counts);
  }

  private static String typeOf(MethodDescriptor<?, ?> method) {
    return switch (method.getType()) {
      case CLIENT_STREAMING -> "client_stream";
      case SERVER_STREAMING -> "server_stream";
      case BIDI_STREAMING -> "bidi_stream";
      default -> "unary";
    };
  }

  /**
   * The prefix convention of dashboards: {@code OK}, {@code NotFound}, {@code DeadlineExceeded}.
   */
  static String nameOf(Status.Code code) {
    if (code == Status.Code.OK) {
      return "OK";
    }
    StringBuilder name = new StringBuilder();
    for (String word : code.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return code == Status.Code.CANCELLED ? "Canceled" : name.toString();
  }

  private static final class MethodCounts {
    private final RpcMetrics metrics;
    private final RpcMetrics.Method method;
    private final boolean unary;
    private final SlowWork slow;
    private final LongAdder started;
    private final LongAdder received;
    private final LongAdder sent;
    private final HandlingHistogram handling;
    private final AtomicReferenceArray<LongAdder> handled =
        new AtomicReferenceArray<>(Status.Code.values().length);

    MethodCounts(RpcMetrics metrics, RpcMetrics.Method method, SlowWork slow) {
      this.metrics = metrics;
      this.method = method;
      this.unary = method.type().equals("unary");
      this.slow = unary && !WAITING.contains(method.method()) ? slow : SlowWork.unlimited();
      this.started = metrics.started(method);
      this.received = metrics.messagesReceived(method);
      this.sent = metrics.messagesSent(method);
      this.handling = metrics.handling(method);
    }

    private void ended(Status status) {
      int code = status.getCode().ordinal();
      LongAdder counter = handled.get(code);
      if (counter == null) {
        counter = metrics.handled(method, nameOf(status.getCode()));
        handled.set(code, counter);
      }
      counter.increment();
    }
  }

  private static final class CallTracer extends ServerStreamTracer {
    private final MethodCounts counts;
    private final long startNanos = System.nanoTime();
    private ServerCallInfo<?, ?> call;

    CallTracer(MethodCounts counts) {
      this.counts = counts;
    }

    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> info) {
      call = info;
    }

    @Override
    public void inboundMessage(int number) {
      counts.received.increment();
    }

    @Override
    public void outboundMessage(int number) {
      counts.sent.increment();
    }

    /** Calls inside the process have no size on the wire, which is told as a negative number. */
    @Override
    public void inboundWireSize(long bytes) {
      if (bytes > 0) {
        counts.metrics.bytesReceived().add(bytes);
      }
    }

    @Override
    public void outboundWireSize(long bytes) {
      if (bytes > 0) {
        counts.metrics.bytesSent().add(bytes);
      }
    }

    @Override
    public void streamClosed(Status status) {
      long nanos = System.nanoTime() - startNanos;
      counts.ended(status);
      counts.handling.record(nanos);
      counts.slow.check(nanos, () -> description(status));
    }

    private String description(Status status) {
      return "request "
          + origin()
          + ", "
          + counts.method.service()
          + "/"
          + counts.method.method()
          + " ("
          + nameOf(status.getCode())
          + "),";
    }

    private String origin() {
      SocketAddress client =
          call == null ? null : call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      if (client instanceof InProcessSocketAddress) {
        return "through the JSON gateway";
      }
      return client == null ? "that was no call" : "of client " + client;
    }
  }
}
