package io.holdfast.driver.internal;

import io.grpc.Status;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.Watch;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A watch that outlives its streams.
 *
 * <p>Everything here happens in one serial order on callback threads: messages, broken streams,
 * timers and the listener's calls are tasks of {@link #serial}. So there are no locks, and while
 * the listener is busy no further message is asked for. A stream that was given up may still have
 * tasks queued; its number tells them from those of the present one.
 *
 * <pre>
 * begin --listing wanted--> list --> onResync --> open stream --created--> events ...
 *   |                        ^                        |                      |
 *   +------- otherwise ------|------------------------+                      |
 *                            +-- compacted --+-- broken: pause, open again --+
 * </pre>
 */
final class ManagedWatch implements Watch {
  private final Caller caller;
  private final Wire wire;
  private final Requests requests;
  private final WatchRequest request;
  private final WatchListener listener;
  private final Consumer<ManagedWatch> onEnd;
  private final SerialExecutor serial;
  private final EventAssembler assembler = new EventAssembler();
  private final KnownKeys knownKeys;
  private final AtomicBoolean closing = new AtomicBoolean();

  private volatile long nextRevision;
  private volatile boolean ended;
  private volatile WatchStream stream;
  private boolean listed;
  private boolean outage;
  private int failures;

  ManagedWatch(
      Caller caller,
      Wire wire,
      Requests requests,
      WatchRequest request,
      WatchListener listener,
      Consumer<ManagedWatch> onEnd) {
    this.caller = caller;
    this.wire = wire;
    this.requests = requests;
    this.request = request;
    this.listener = listener;
    this.onEnd = onEnd;
    this.serial = new SerialExecutor(caller.threads().callbacks());
    this.knownKeys = new KnownKeys(request);
    this.nextRevision = request.fromRevision();
  }

  void start() {
    post(this::begin);
  }

  @Override
  public long nextRevision() {
    return nextRevision;
  }

  @Override
  public boolean isClosed() {
    return closing.get() || ended;
  }

  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      WatchStream open = stream;
      if (open != null) {
        open.cancel();
      }
      serial.execute(() -> end(Optional.empty()));
    }
  }

  /** Queues a step. A listener that throws ends the watch: nobody knows what it has missed. */
  void post(Runnable step) {
    serial.execute(
        () -> {
          if (ended || closing.get()) {
            return;
          }
          try {
            step.run();
          } catch (RuntimeException | Error thrown) {
            end(Optional.of(thrown));
          }
        });
  }

  private void end(Optional<Throwable> cause) {
    if (ended) {
      return;
    }
    ended = true;
    WatchStream open = stream;
    stream = null;
    if (open != null) {
      open.cancel();
    }
    onEnd.accept(this);
    listener.onClosed(cause);
  }

  private void begin() {
    if (request.listFirst() && !listed) {
      list();
    } else {
      openStream();
    }
  }

  // The whole state.

  private void list() {
    List<KeyValue> found = new ArrayList<>();
    RangeRequest everything = RangeRequest.of(request.range());
    requests
        .forEachPage(everything, found::addAll, Runnable::run)
        .whenComplete(
            (revision, failure) -> {
              if (failure == null) {
                post(() -> resynced(revision, found));
              } else {
                post(() -> failed(asHoldfast(failure), this::list));
              }
            });
  }

  private void resynced(long revision, List<KeyValue> found) {
    boolean initial = request.listFirst() && !listed;
    WatchResync resync = knownKeys.resync(revision, nextRevision, initial, found);
    listed = true;
    nextRevision = revision + 1;
    listener.onResync(resync);
    openStream();
  }

  // The stream.

  private void openStream() {
    EndpointPool.Choice choice = caller.endpoints().choose(System.nanoTime());
    if (choice.waitNanos() > 0) {
      later(this::openStream, choice.waitNanos());
    } else {
      caller
          .token()
          .whenComplete(
              (token, failure) -> {
                if (failure == null) {
                  post(() -> openStream(choice.endpoint(), token));
                } else {
                  post(() -> failed(asHoldfast(failure), this::openStream));
                }
              });
    }
  }

  private void openStream(Endpoint endpoint, Optional<String> token) {
    assembler.reset();
    WatchStream opened = new WatchStream(this, caller, endpoint, token);
    stream = opened;
    opened.open(wire.watch(request, nextRevision));
    if (closing.get()) {
      opened.cancel();
    }
  }

  /** One message of a stream. */
  void received(WatchStream from, WatchResponse response) {
    if (from != stream) {
      return;
    }
    if (response.getCanceled()) {
      cancelled(from, response);
      return;
    }
    if (response.getCreated()) {
      created(from, response);
    } else if (response.getEventsCount() > 0) {
      events(response);
    } else {
      progressed(response.getHeader().getRevision());
    }
    from.requestNext();
  }

  private void created(WatchStream from, WatchResponse response) {
    from.established();
    if (nextRevision == 0) {
      nextRevision = response.getHeader().getRevision() + 1;
    }
    outage = false;
    listener.onConnected(from.endpoint().name());
  }

  private void events(WatchResponse response) {
    failures = 0;
    List<WatchEvent> events = new ArrayList<>(response.getEventsCount());
    response.getEventsList().forEach(event -> events.add(wire.event(event)));
    Optional<WatchBatch> batch = assembler.add(events, nextRevision, response.getFragment());
    if (batch.isPresent()) {
      nextRevision = batch.get().revision() + 1;
      knownKeys.note(batch.get().events());
      listener.onEvents(batch.get());
    }
  }

  /** Nothing happened up to this revision: a watch of quiet keys must not fall behind history. */
  private void progressed(long revision) {
    failures = 0;
    if (revision >= nextRevision) {
      nextRevision = revision + 1;
    }
    listener.onProgress(nextRevision - 1);
  }

  private void cancelled(WatchStream from, WatchResponse response) {
    stream = null;
    from.cancel();
    if (response.getCompactRevision() > 0) {
      list();
      return;
    }
    Status status = cancelStatus(response.getCancelReason());
    from.token().filter(token -> Errors.isStaleToken(status)).ifPresent(caller::forgetToken);
    failed(Caller.failure(status, from.endpoint().name()), this::openStream);
  }

  /** A watch is refused in words alone; they may stand behind a code that is spelled out. */
  private static Status cancelStatus(String reason) {
    int text = reason.indexOf("etcdserver: ");
    String description = text < 0 ? reason : reason.substring(text);
    if (description.equals("etcdserver: permission denied")) {
      return Status.PERMISSION_DENIED.withDescription(description);
    }
    if (description.equals("mvcc: watcher range is empty")) {
      return Status.INVALID_ARGUMENT.withDescription(description);
    }
    return Status.UNKNOWN.withDescription(description);
  }

  /** A stream ended by itself. */
  void broken(WatchStream from, Status status) {
    if (from != stream) {
      return;
    }
    stream = null;
    from.token().filter(token -> Errors.isStaleToken(status)).ifPresent(caller::forgetToken);
    if (from.livedLong()) {
      failures = 0;
    }
    failed(Caller.failure(status, from.endpoint().name()), this::openStream);
  }

  /** Tries again after a pause, unless trying again cannot help. */
  private void failed(HoldfastException cause, Runnable retry) {
    if (isHopeless(cause.errorState())) {
      end(Optional.of(cause));
      return;
    }
    long pauseNanos =
        Endpoint.pauseNanos(
            failures++,
            caller.settings().backoffMin().toNanos(),
            caller.settings().backoffMax().toNanos());
    if (!outage) {
      outage = true;
      listener.onDisconnected(cause);
    }
    later(retry, pauseNanos);
  }

  private static boolean isHopeless(ErrorState state) {
    return switch (state) {
      case PERMISSION_DENIED, NOT_SUPPORTED, INVALID_ARGUMENT, PROTOCOL_VIOLATION -> true;
      default -> false;
    };
  }

  private void later(Runnable step, long nanos) {
    try {
      caller.threads().timer().schedule(() -> post(step), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      end(Optional.empty());
    }
  }

  private static HoldfastException asHoldfast(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof HoldfastException known
        ? known
        : new HoldfastException(
            ErrorState.SERVER_ERROR, "the driver failed: " + cause, "", List.of(), 0, false, cause);
  }
}
