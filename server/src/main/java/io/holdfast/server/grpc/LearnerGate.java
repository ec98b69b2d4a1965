package io.holdfast.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.server.error.EtcdError;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Refuses on a learner what etcd refuses there: everything but its status, its snapshot, and ranges
 * that may be stale. A learner may be far behind, and its clients should go to a voter.
 */
final class LearnerGate implements ServerInterceptor {
  private static final Set<String> ALLOWED =
      Set.of(
          MaintenanceGrpc.getStatusMethod().getFullMethodName(),
          MaintenanceGrpc.getSnapshotMethod().getFullMethodName());
  private static final String RANGE = KVGrpc.getRangeMethod().getFullMethodName();

  private final BooleanSupplier learner;

  /**
   * @param learner whether this member is one now; asked at every call
   */
  LearnerGate(BooleanSupplier learner) {
    this.learner = learner;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!learner.getAsBoolean()) {
      return next.startCall(call, headers);
    }
    String method = call.getMethodDescriptor().getFullMethodName();
    if (ALLOWED.contains(method)) {
      return next.startCall(call, headers);
    }
    if (method.equals(RANGE)) {
      return new RangeListener<>(next.startCall(call, headers), call);
    }
    refuse(call);
    return new ServerCall.Listener<>() {};
  }

  private static void refuse(ServerCall<?, ?> call) {
    call.close(Failures.status(EtcdError.NOT_SUPPORTED_FOR_LEARNER), new Metadata());
  }

  /** Lets only ranges through that need no leader. */
  private static final class RangeListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private boolean refused;

    RangeListener(ServerCall.Listener<Q> listener, ServerCall<Q, ?> call) {
      super(listener);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      if (message instanceof RangeRequest range && !range.getSerializable()) {
        refused = true;
        refuse(call);
      } else {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }
}
