package io.holdfast.server.service.member;

import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchStream;
import java.util.function.Supplier;

/** A stream on which only what its caller may read can be watched. */
final class GuardedWatchStream implements WatchStream {
  private final WatchStream stream;
  private final Supplier<Caller> caller;
  private final Supplier<AuthState> auth;

  GuardedWatchStream(WatchStream stream, Supplier<Caller> caller, Supplier<AuthState> auth) {
    this.stream = stream;
    this.caller = caller;
    this.auth = auth;
  }

  /**
   * @throws io.holdfast.server.error.StoreException as {@link AuthState#checkKeys} refuses, and
   *     INVALID_AUTH_TOKEN
   */
  @Override
  public void create(WatchRequest request) {
    AuthState state = auth.get();
    if (state.isEnabled()) {
      state.checkKeys(caller.get(), request.range(), AccessKind.READ);
    }
    stream.create(request);
  }

  @Override
  public void cancel(long watchId) {
    stream.cancel(watchId);
  }

  @Override
  public void requestProgress() {
    stream.requestProgress();
  }

  @Override
  public void ready() {
    stream.ready();
  }

  @Override
  public void busy() {
    stream.busy();
  }

  @Override
  public void idle() {
    stream.idle();
  }

  @Override
  public int size() {
    return stream.size();
  }

  @Override
  public void close() {
    stream.close();
  }
}
