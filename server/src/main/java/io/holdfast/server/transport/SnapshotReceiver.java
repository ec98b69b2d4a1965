package io.holdfast.server.transport;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.InstallSnapshot;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes a snapshot that the leader sends into a temporary file, part by part: the next part is
 * asked for when the one before is written, so the sender is never ahead of the disk. When all of
 * it has arrived and been verified, the node loads it; the call ends when it is installed.
 *
 * <p>One at a time: the call that began last displaces one under way, unless that one is being
 * installed already. A call that breaks off leaves what has arrived, for the next one to go on
 * from; if none comes for a while, it is removed.
 */
final class SnapshotReceiver implements ServerCallHandler<byte[], byte[]> {
  private static final System.Logger LOGGER = System.getLogger(SnapshotReceiver.class.getName());
  private static final long SIGN_OF_LIFE_SECONDS = 1;
  private static final long PART_KEPT_MINUTES = 10;

  private final SnapshotStore store;
  private final TransportListener listener;
  private final Executor disk;
  private final ScheduledExecutorService timer;

  /** The transfer that was accepted last; used on the disk thread. */
  private Optional<Transfer> current = Optional.empty();

  private volatile boolean installing;
  private Optional<Future<?>> removal = Optional.empty();

  /**
   * @param disk one thread that may block; all transfers share it
   */
  SnapshotReceiver(
      SnapshotStore store,
      TransportListener listener,
      Executor disk,
      ScheduledExecutorService timer) {
    this.store = store;
    this.listener = listener;
    this.disk = disk;
    this.timer = timer;
    removePartLater();
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    if (installing) {
      call.close(
          Status.UNAVAILABLE.withDescription("a snapshot is being installed"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    Transfer transfer = new Transfer(call, Handshake.FROM.get());
    call.sendHeaders(new Metadata());
    call.request(1);
    return transfer;
  }

  private synchronized void removePartLater() {
    removal.ifPresent(earlier -> earlier.cancel(false));
    removal = Optional.of(timer.schedule(this::removePart, PART_KEPT_MINUTES, TimeUnit.MINUTES));
  }

  private void removePart() {
    try {
      disk.execute(
          () -> {
            try {
              if (store.discardPart()) {
                LOGGER.log(
                    System.Logger.Level.INFO,
                    "removed an unfinished snapshot that nobody went on with");
              }
            } catch (IOException e) {
              LOGGER.log(System.Logger.Level.WARNING, "cannot remove an unfinished snapshot: " + e);
            }
          });
    } catch (RejectedExecutionException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "the member is closing");
    }
  }

  /** One transfer; its steps run one after the other on the disk thread. */
  private final class Transfer extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final long from;
    private InstallSnapshot message;
    private IncomingSnapshot incoming;
    private boolean resumed;
    private boolean ended;

    /** Guarded by this, as is every use of the call. */
    private boolean closed;

    Transfer(ServerCall<byte[], byte[]> call, long from) {
      this.call = call;
      this.from = from;
    }

    @Override
    public void onMessage(byte[] part) {
      step(() -> take(part));
    }

    @Override
    public void onHalfClose() {
      step(this::complete);
    }

    @Override
    public void onCancel() {
      step(this::suspend);
    }

    private void take(byte[] part) throws IOException {
      if (message == null) {
        begin(part);
      } else if (!resumed) {
        long offset = SnapshotParts.readResume(part);
        incoming.resumeAt(offset);
        resumed = true;
        LOGGER.log(
            System.Logger.Level.INFO,
            "receiving the snapshot at index "
                + message.snapshot().index()
                + (offset == 0 ? "" : ", going on at byte " + offset));
      } else {
        byte[] data = SnapshotParts.readData(part);
        incoming.write(data, 0, data.length);
      }
      onCall(() -> call.request(1));
    }

    private void begin(byte[] part) throws IOException {
      InstallSnapshot head = SnapshotParts.readHead(part);
      if (head.from() != from) {
        throw new IOException("the snapshot's sender is not the caller");
      }
      message = head;
      current.filter(other -> other != this).ifPresent(Transfer::displace);
      current = Optional.of(this);
      incoming = store.receive(head.snapshot());
      byte[] offer = SnapshotParts.offer(incoming.held());
      onCall(() -> call.sendMessage(offer));
    }

    private void complete() throws IOException {
      if (!resumed) {
        throw new IOException("the snapshot ended before it began");
      }
      installing = true;
      Future<?> signs =
          timer.scheduleAtFixedRate(
              () -> onCall(() -> call.sendMessage(PeerMethods.EMPTY)),
              SIGN_OF_LIFE_SECONDS,
              SIGN_OF_LIFE_SECONDS,
              TimeUnit.SECONDS);
      try {
        ReceivedSnapshot received = incoming.complete();
        ended = true;
        listener
            .receiveSnapshot(message, received)
            .whenComplete(
                (done, failure) -> {
                  signs.cancel(false);
                  installing = false;
                  close(
                      failure == null
                          ? Status.OK
                          : Status.UNAVAILABLE.withDescription("the member is stopping"));
                });
      } catch (IOException | RuntimeException | Error e) {
        signs.cancel(false);
        installing = false;
        throw e;
      }
    }

    private void displace() {
      if (!ended) {
        suspend();
        close(Status.ABORTED.withDescription("displaced by a transfer that began later"));
      }
    }

    private void suspend() {
      if (!ended && incoming != null) {
        incoming.suspend();
        removePartLater();
      }
      ended = true;
    }

    private void step(Step step) {
      try {
        disk.execute(() -> run(step));
      } catch (RejectedExecutionException e) {
        close(Status.UNAVAILABLE.withDescription("the member is closing"));
      }
    }

    private void run(Step step) {
      if (ended) {
        return;
      }
      try {
        step.run();
      } catch (IOException | RuntimeException e) {
        LOGGER.log(System.Logger.Level.WARNING, "a snapshot was not taken: " + e.getMessage());
        ended = true;
        if (incoming != null) {
          incoming.abort();
        }
        close(Status.DATA_LOSS.withDescription("the snapshot was not taken: " + e.getMessage()));
      } catch (Error e) {
        listener.fail(e);
      }
    }

    private synchronized void onCall(Runnable use) {
      if (!closed && !call.isCancelled()) {
        use.run();
      }
    }

    private synchronized void close(Status status) {
      if (!closed) {
        closed = true;
        if (!call.isCancelled()) {
          call.close(status, new Metadata());
        }
      }
    }
  }

  /** A part of a transfer's work. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }
}
