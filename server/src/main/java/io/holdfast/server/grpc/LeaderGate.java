package io.holdfast.server.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.holdfast.server.error.EtcdError;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Serves clients that ask, with the metadata entry {@code hasleader: true}, to be served only while
 * this member knows a leader. Their calls are refused at once when there is none, and their open
 * streams end when there has been none for some election timeouts: reconnecting costs more than a
 * refusal, so streams are given more time than calls.
 */
final class LeaderGate implements ServerInterceptor, AutoCloseable {
  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
  private static final int CHECKS_WITHOUT_LEADER_MAX = 3;

  private final BooleanSupplier hasLeader;
  private final Set<GatedCall<?, ?>> streams = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "holdfast-leader-gate");
            thread.setDaemon(true);
            return thread;
          });
  private int checksWithoutLeader;

  LeaderGate(BooleanSupplier hasLeader, long electionTimeoutMillis) {
    this.hasLeader = hasLeader;
    clock.scheduleWithFixedDelay(
        this::check, electionTimeoutMillis, electionTimeoutMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!"true".equals(headers.get(HAS_LEADER))) {
      return next.startCall(call, headers);
    }
    if (!hasLeader.getAsBoolean()) {
      call.close(Failures.status(EtcdError.NO_LEADER), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      return next.startCall(call, headers);
    }
    GatedCall<Q, R> gated = new GatedCall<>(call);
    streams.add(gated);
    return new SimpleForwardingServerCallListener<>(next.startCall(gated, headers)) {
      @Override
      public void onCancel() {
        streams.remove(gated);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        streams.remove(gated);
        super.onComplete();
      }
    };
  }

  private void check() {
    checksWithoutLeader = hasLeader.getAsBoolean() ? 0 : checksWithoutLeader + 1;
    if (checksWithoutLeader >= CHECKS_WITHOUT_LEADER_MAX) {
      for (GatedCall<?, ?> stream : streams) {
        stream.cut(Failures.status(EtcdError.NO_LEADER));
      }
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  /** A stream that may be ended from outside; what its handler still sends then goes nowhere. */
  private static final class GatedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean closed;

    GatedCall(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }

    void cut(Status status) {
      close(status, new Metadata());
    }
  }
}
