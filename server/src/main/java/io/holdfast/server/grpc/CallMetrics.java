package io.holdfast.server.grpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.holdfast.server.ops.RpcMetrics;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the calls of a gRPC server. There is one tracer per method, shared by all its calls, so
 * counting makes no garbage.
 */
public final class CallMetrics extends ServerStreamTracer.Factory {
  private final Map<String, MethodTracer> tracers = new HashMap<>();
  private final MethodTracer unknown;

  public CallMetrics(List<ServerServiceDefinition> services, RpcMetrics metrics) {
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
        tracers.put(
            descriptor.getFullMethodName(),
            new MethodTracer(
                metrics,
                new RpcMetrics.Method(
                    descriptor.getServiceName(),
                    descriptor.getBareMethodName(),
                    typeOf(descriptor))));
      }
    }
    unknown = new MethodTracer(metrics, new RpcMetrics.Method("unknown", "unknown", "unary"));
  }

  /** Method names that clients make up share one counter, so that they cannot fill the memory. */
  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    MethodTracer tracer = tracers.getOrDefault(fullMethodName, unknown);
    tracer.started.increment();
    return tracer;
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
  private static String nameOf(Status.Code code) {
    if (code == Status.Code.OK) {
      return "OK";
    }
    StringBuilder name = new StringBuilder();
    for (String word : code.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return code == Status.Code.CANCELLED ? "Canceled" : name.toString();
  }

  private static final class MethodTracer extends ServerStreamTracer {
    private final RpcMetrics metrics;
    private final RpcMetrics.Method method;
    private final LongAdder started;
    private final AtomicReferenceArray<LongAdder> handled =
        new AtomicReferenceArray<>(Status.Code.values().length);

    MethodTracer(RpcMetrics metrics, RpcMetrics.Method method) {
      this.metrics = metrics;
      this.method = method;
      this.started = metrics.started(method);
    }

    @Override
    public void streamClosed(Status status) {
      int code = status.getCode().ordinal();
      LongAdder counter = handled.get(code);
      if (counter == null) {
        counter = metrics.handled(method, nameOf(status.getCode()));
        handled.set(code, counter);
      }
      counter.increment();
    }
  }
}
