package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import java.util.concurrent.atomic.LongAdder;

/**
 * What goes to and comes from one peer, whoever opened the connection: bytes of messages, messages
 * that could not be sent, and how long a question takes to be answered, in etcd's buckets.
 * Thread-safe; counting takes no lock.
 */
final class PeerTraffic {
  private static final int BUCKETS = 16;
  private static final long SMALLEST_NANOS = 100_000;

  private final LongAdder sentBytes = new LongAdder();
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder sendFailures = new LongAdder();
  private final LongAdder disconnections = new LongAdder();
  private final LongAdder[] roundTrips = new LongAdder[BUCKETS + 1];
  private final LongAdder roundTripNanos = new LongAdder();
  private final ClientStreamTracer asClient = new AsClient();
  private final ServerStreamTracer asServer = new AsServer();

  PeerTraffic() {
    for (int i = 0; i < roundTrips.length; i++) {
      roundTrips[i] = new LongAdder();
    }
  }

  void sendFailed() {
    sendFailures.increment();
  }

  /** A connection that stood was lost. */
  void disconnected() {
    disconnections.increment();
  }

  void roundTrip(long nanos) {
    int bucket = 0;
    while (bucket < BUCKETS && nanos > SMALLEST_NANOS << bucket) {
      bucket++;
    }
    roundTrips[bucket].increment();
    roundTripNanos.add(nanos);
  }

  /** The figures as of now. */
  PeerFigures figures(long peerId, boolean connected) {
    double[] bounds = new double[BUCKETS + 1];
    long[] counts = new long[BUCKETS + 1];
    long total = 0;
    for (int i = 0; i <= BUCKETS; i++) {
      total += roundTrips[i].sum();
      counts[i] = total;
      bounds[i] = i == BUCKETS ? Double.POSITIVE_INFINITY : (SMALLEST_NANOS << i) / 1e9;
    }
    return new PeerFigures(
        peerId,
        connected,
        disconnections.sum(),
        sentBytes.sum(),
        receivedBytes.sum(),
        sendFailures.sum(),
        bounds,
        counts,
        roundTripNanos.sum() / 1e9);
  }

  /** Counts what this member's own calls carry. */
  ClientInterceptor counting() {
    ClientStreamTracer.Factory factory =
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return asClient;
          }
        };
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return next.newCall(method, options.withStreamTracerFactory(factory));
      }
    };
  }

  /** Counts what the peer's calls carry. */
  ServerStreamTracer ofServer() {
    return asServer;
  }

  private final class AsClient extends ClientStreamTracer {
    @Override
    public void outboundWireSize(long bytes) {
      sentBytes.add(bytes);
    }

    @Override
    public void inboundWireSize(long bytes) {
      receivedBytes.add(bytes);
    }
  }

  private final class AsServer extends ServerStreamTracer {
    @Override
    public void outboundWireSize(long bytes) {
      sentBytes.add(bytes);
    }

    @Override
    public void inboundWireSize(long bytes) {
      receivedBytes.add(bytes);
    }
  }
}
