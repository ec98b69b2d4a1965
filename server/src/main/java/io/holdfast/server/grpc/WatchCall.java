package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.watch.WatchBatch;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * One Watch call: a client's connection end of a {@link WatchStream}.
 *
 * <p>Messages arrive on the thread that applies entries, which has better things to do than to
 * encode them: they are queued, and encoded and sent on the call's own event loop. While the queue
 * is large or the client does not read, {@link #isReady} is false and the hub holds events back;
 * and no further request is taken from the client, so that answers to requests cannot pile up
 * either. A large message also needs its part of the {@link WatchMemory} of all calls.
 */
final class WatchCall implements StreamObserver<WatchRequest>, WatchSink {
  private static final int QUEUE_BYTES_MAX = 1024 * 1024;
  private static final int QUEUE_ENTRY_BYTES = 64;
  private static final int SLICE_BYTES = 64 * 1024;
  private static final int STARVED = -1;

  /** What may be on its way to the client before events are held back. */
  private static final int UNSENT_BYTES_MAX =
      (int) Math.min(128 << 10, Runtime.getRuntime().maxMemory() >> 13);

  private final WatchGrpcService service;
  private final ServerCallStreamObserver<WatchFrame> observer;
  private final WatchStream stream;

  /** Where everything but {@link #deliver} and {@link #isReady} happens. */
  private final Executor loop;

  /** Whether the creations under way allow fragments, in the order in which they are answered. */
  private final Queue<Boolean> creations = new ArrayDeque<>();

  private final Set<Long> fragmented = new HashSet<>();
  private boolean requestOwed;
  private boolean ended;

  private final Object lock = new Object();
  private final Deque<WatchMessage> queue = new ArrayDeque<>();

  /** About what the queue holds in memory; goes back to nothing when it is empty. */
  private long queueBytes;

  private WatchBatch lastBatch;
  private boolean scheduled;
  private boolean turnedAway;

  /** Whether the next message waits for memory. */
  private boolean starved;

  /** What this call has taken of the memory of all calls; on its event loop. */
  private long heldBytes;

  WatchCall(WatchGrpcService service, ServerCallStreamObserver<WatchFrame> observer) {
    this.service = service;
    this.observer = observer;
    this.loop = CallLoop.current();
    observer.disableAutoRequest();
    observer.setOnReadyThreshold(UNSENT_BYTES_MAX);
    observer.setOnReadyHandler(() -> loop.execute(this::readyAgain));
    observer.setOnCancelHandler(() -> loop.execute(this::end));
    observer.setOnCloseHandler(() -> loop.execute(this::end));
    this.stream = service.watches().open(Credential.current()::caller, this);
    observer.request(1);
  }

  @Override
  public void onNext(WatchRequest request) {
    loop.execute(() -> handle(request));
  }

  @Override
  public void onError(Throwable cause) {
    loop.execute(this::end);
  }

  /** The client has nothing more to ask, but goes on listening until it hangs up. */
  @Override
  public void onCompleted() {}

  private void handle(WatchRequest request) {
    if (ended) {
      return;
    }
    try {
      switch (request.getRequestUnionCase()) {
        case CREATE_REQUEST -> create(request.getCreateRequest());
        case CANCEL_REQUEST -> stream.cancel(request.getCancelRequest().getWatchId());
        case PROGRESS_REQUEST -> stream.requestProgress();
        case REQUESTUNION_NOT_SET -> {
          // A request of a kind that is not known here; etcd ignores it too.
        }
      }
    } catch (RuntimeException e) {
      end();
      observer.onError(Failures.of(e));
      return;
    }
    if (observer.isReady()) {
      observer.request(1);
    } else {
      requestOwed = true;
    }
  }

  private void create(WatchCreateRequest request) {
    creations.add(request.getFragment());
    try {
      stream.create(Requests.watch(request));
    } catch (StoreException refusal) {
      creations.remove();
      send(
          isOfAuthentication(refusal.error())
              ? refused(0, Failures.statusText(refusal.error()))
              : refused(0, refusal.error().text()));
    }
  }

  /** These are told with the whole status. */
  private static boolean isOfAuthentication(EtcdError error) {
    return error == EtcdError.PERMISSION_DENIED
        || error == EtcdError.INVALID_AUTH_TOKEN
        || error == EtcdError.AUTH_REVISION_OLD
        || error == EtcdError.USER_NAME_IS_EMPTY;
  }

  private void readyAgain() {
    if (ended) {
      return;
    }
    giveBack();
    if (requestOwed) {
      requestOwed = false;
      observer.request(1);
    }
    tellStreamIfTurnedAway();
  }

  private void end() {
    if (!ended) {
      ended = true;
      stream.close();
      synchronized (lock) {
        queue.clear();
        emptied();
      }
      giveBack();
    }
  }

  @Override
  public boolean isReady() {
    synchronized (lock) {
      boolean ready = !starved && queueBytes < QUEUE_BYTES_MAX && observer.isReady();
      turnedAway |= !ready;
      return ready;
    }
  }

  @Override
  public void deliver(WatchMessage message) {
    synchronized (lock) {
      queue.add(message);
      queueBytes += QUEUE_ENTRY_BYTES;
      if (message instanceof WatchMessage.Events events && events.batch() != lastBatch) {
        lastBatch = events.batch();
        queueBytes += bytesOf(lastBatch);
      }
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    stream.busy();
    loop.execute(this::drain);
  }

  /** Watchers that get the same batch get it one after the other: it is counted once. */
  private static long bytesOf(WatchBatch batch) {
    long bytes = 0;
    for (Event event : batch.events()) {
      bytes += event.keyValue().key().length + event.keyValue().value().length;
    }
    return bytes;
  }

  private void emptied() {
    queueBytes = 0;
    lastBatch = null;
  }

  private void drain() {
    if (sendSlice()) {
      loop.execute(this::drain);
      return;
    }
    tellStreamIfTurnedAway();
    stream.idle();
  }

  /**
   * Sends some of what is queued, no more than the processor's caches hold: what is sent goes to
   * the network before the next slice is encoded, and its buffers are used again.
   *
   * @return whether there may be more to send at once
   */
  private boolean sendSlice() {
    for (int bytes = 0; bytes < SLICE_BYTES; ) {
      WatchMessage message;
      synchronized (lock) {
        message = queue.poll();
        if (message == null) {
          scheduled = false;
          emptied();
          return false;
        }
      }
      if (!ended) {
        int sent = sendMessage(message);
        if (sent == STARVED) {
          synchronized (lock) {
            queue.addFirst(message);
            starved = true;
          }
          return false;
        }
        bytes += sent;
      }
    }
    return true;
  }

  /** There may be memory for what waits. */
  private void drainAgain() {
    synchronized (lock) {
      starved = false;
    }
    if (!ended) {
      stream.busy();
      drain();
    }
  }

  private void giveBack() {
    long bytes = heldBytes;
    heldBytes = 0;
    service.memory().giveBack(bytes);
  }

  private void tellStreamIfTurnedAway() {
    synchronized (lock) {
      if (!turnedAway || starved || queueBytes >= QUEUE_BYTES_MAX || !observer.isReady()) {
        return;
      }
      turnedAway = false;
    }
    if (!ended) {
      stream.ready();
    }
  }

  /**
   * @return about how many bytes it took; {@link #STARVED} when it has to wait for memory, after
   *     which {@link #drainAgain} is called
   */
  private int sendMessage(WatchMessage message) {
    if (message instanceof WatchMessage.Events events) {
      return sendEvents(events);
    }
    sendNews(message);
    return QUEUE_ENTRY_BYTES;
  }

  private void sendNews(WatchMessage message) {
    if (message instanceof WatchMessage.Created created) {
      if (Boolean.TRUE.equals(creations.poll())) {
        fragmented.add(created.watchId());
      }
      send(response(created.watchId(), created.revision()).setCreated(true).build());
    } else if (message instanceof WatchMessage.Refused refused) {
      creations.poll();
      send(refused(refused.revision(), refused.reason()));
    } else if (message instanceof WatchMessage.Progress progress) {
      send(response(progress.watchId(), progress.revision()).build());
    } else if (message instanceof WatchMessage.Canceled canceled) {
      fragmented.remove(canceled.watchId());
      send(response(canceled.watchId(), canceled.revision()).setCanceled(true).build());
    } else if (message instanceof WatchMessage.Compacted compacted) {
      fragmented.remove(compacted.watchId());
      send(
          response(compacted.watchId(), 0)
              .setCanceled(true)
              .setCompactRevision(compacted.compactRevision())
              .build());
    }
  }

  private int sendEvents(WatchMessage.Events events) {
    WatchBatch batch = events.batch();
    int known = batch.encodedBytes(events.previousWanted());
    if (known > WatchMemory.SMALL_BYTES && !takeRoom(known, events)) {
      return STARVED;
    }
    byte[] head = response(events.watchId(), events.revision()).build().toByteArray();
    byte[] encoded = EventEncoder.encode(batch, events.previousWanted());
    if (known == 0
        && encoded.length > WatchMemory.SMALL_BYTES
        && !takeRoom(encoded.length, events)) {
      return STARVED;
    }
    int bytes = head.length + encoded.length;
    sendEvents(events, head, encoded);
    if (heldBytes > 0 && observer.isReady()) {
      giveBack();
    }
    return bytes;
  }

  /** Without room nothing encoded is kept: what many waiting calls hold would fill the memory. */
  private boolean takeRoom(int bytes, WatchMessage.Events events) {
    if (service.memory().take(bytes, () -> loop.execute(this::drainAgain))) {
      heldBytes += bytes;
      return true;
    }
    events.batch().forgetEncoded(events.previousWanted());
    return false;
  }

  private void sendEvents(WatchMessage.Events events, byte[] head, byte[] encoded) {
    int partBytesMax = service.responseBytesMax();
    if (head.length + encoded.length < partBytesMax || !fragmented.contains(events.watchId())) {
      observer.onNext(new WatchFrame(head, encoded));
      return;
    }
    byte[] headOfPart =
        response(events.watchId(), events.revision()).setFragment(true).build().toByteArray();
    List<byte[]> parts =
        EventEncoder.encodeInParts(
            events.batch(), events.previousWanted(), partBytesMax - headOfPart.length);
    for (int i = 0; i < parts.size(); i++) {
      boolean last = i == parts.size() - 1;
      observer.onNext(new WatchFrame(last ? head : headOfPart, parts.get(i)));
    }
  }

  private WatchResponse.Builder response(long watchId, long revision) {
    return WatchResponse.newBuilder().setHeader(service.header(revision)).setWatchId(watchId);
  }

  private WatchResponse refused(long revision, String reason) {
    return response(WatchMessage.NO_WATCH_ID, revision)
        .setCreated(true)
        .setCanceled(true)
        .setCancelReason(reason)
        .build();
  }

  private void send(WatchResponse response) {
    observer.onNext(WatchFrame.of(response));
  }
}
