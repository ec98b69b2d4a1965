package io.holdfast.server.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.holdfast.server.error.EtcdError;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what large answers take between being encoded and being read by their clients: clients
 * that ask for much and read slowly, or not at all, must not use up the process' memory together.
 * An answer beyond the bound ends its call with "too many requests". Small answers pass uncounted.
 */
final class UnsentAnswers implements ServerInterceptor {
  private static final int SMALL_BYTES = 32 << 10;
  private static final int MEMORY_SHARE = 4;

  private final AtomicLong left;

  UnsentAnswers(long bytesMax) {
    left = new AtomicLong(bytesMax);
  }

  /** A quarter as much as the heap may have; the network's buffers lie beside it. */
  static UnsentAnswers ofMemory() {
    return new UnsentAnswers(Runtime.getRuntime().maxMemory() / MEMORY_SHARE);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Counted<Q, A> counted = new Counted<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
      @Override
      public void onComplete() {
        counted.release();
        super.onComplete();
      }

      @Override
      public void onCancel() {
        counted.release();
        super.onCancel();
      }
    };
  }

  private final class Counted<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private long taken;
    private boolean over;
    private boolean refused;

    Counted(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void sendMessage(A message) {
      if (take(message)) {
        super.sendMessage(message);
      } else if (!refused) {
        refused = true;
        super.close(
            Status.RESOURCE_EXHAUSTED.withDescription(EtcdError.TOO_MANY_REQUESTS.text()),
            new Metadata());
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!refused) {
        super.close(status, trailers);
      }
    }

    private synchronized boolean take(A message) {
      int bytes = message instanceof MessageLite encoded ? encoded.getSerializedSize() : 0;
      if (bytes < SMALL_BYTES || over) {
        return !refused;
      }
      if (left.addAndGet(-bytes) < 0) {
        left.addAndGet(bytes);
        return false;
      }
      taken += bytes;
      return true;
    }

    private synchronized void release() {
      over = true;
      left.addAndGet(taken);
      taken = 0;
    }
  }
}
