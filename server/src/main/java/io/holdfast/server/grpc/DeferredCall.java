package io.holdfast.server.grpc;

import com.google.common.util.concurrent.MoreExecutors;
import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A call whose handler begins later: what arrives until then is kept, in order. No message is asked
 * for before the handler begins, so it is the end of the call at most. Thread-safe.
 */
final class DeferredCall<Q> extends ServerCall.Listener<Q> {
  /** One event at a time, also when the handler causes the next while it begins. */
  private final Executor inOrder =
      MoreExecutors.newSequentialExecutor(MoreExecutors.directExecutor());

  private final List<Consumer<ServerCall.Listener<Q>>> kept = new ArrayList<>();
  private ServerCall.Listener<Q> handler;

  /** Begins the handler; once. */
  void begin(Supplier<ServerCall.Listener<Q>> start) {
    inOrder.execute(
        () -> {
          handler = start.get();
          kept.forEach(event -> event.accept(handler));
          kept.clear();
        });
  }

  private void hand(Consumer<ServerCall.Listener<Q>> event) {
    inOrder.execute(
        () -> {
          if (handler == null) {
            kept.add(event);
          } else {
            event.accept(handler);
          }
        });
  }

  @Override
  public void onMessage(Q message) {
    hand(listener -> listener.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    hand(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onCancel() {
    hand(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    hand(ServerCall.Listener::onComplete);
  }

  @Override
  public void onReady() {
    hand(ServerCall.Listener::onReady);
  }
}
