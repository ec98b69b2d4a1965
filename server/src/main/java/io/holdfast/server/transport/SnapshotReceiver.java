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
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Takes a snapshot that the leader sends into a temporary file, part by part: the next part is
 * asked for when the one before is written, so the sender is never ahead of the disk. Only when all
 * of it has arrived and been verified does the loop hear of it.
 */
final class SnapshotReceiver implements ServerCallHandler<byte[], byte[]> {
  private static final System.Logger LOGGER = System.getLogger(SnapshotReceiver.class.getName());

  private final SnapshotStore store;
  private final TransportListener listener;
  private final Executor disk;

  /**
   * @param disk one thread that may block; all transfers share it
   */
  SnapshotReceiver(SnapshotStore store, TransportListener listener, Executor disk) {
    this.store = store;
    this.listener = listener;
    this.disk = disk;
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    Transfer transfer = new Transfer(call, Handshake.FROM.get());
    call.request(1);
    return transfer;
  }

  /** One transfer; its steps run one after the other on the disk thread. */
  private final class Transfer extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final long from;
    private InstallSnapshot message;
    private IncomingSnapshot incoming;
    private boolean ended;

    Transfer(ServerCall<byte[], byte[]> call, long from) {
      this.call = call;
      this.from = from;
    }

    @Override
    public void onMessage(byte[] part) {
      step(
          () -> {
            take(part);
            call.request(1);
          });
    }

    @Override
    public void onHalfClose() {
      step(this::complete);
    }

    @Override
    public void onCancel() {
      step(this::giveUp);
    }

    private void take(byte[] part) throws IOException {
      if (message == null) {
        message = SnapshotParts.readHead(part);
        if (message.from() != from) {
          throw new IOException("the snapshot's sender is not the caller");
        }
        incoming = store.receive(message.snapshot());
        LOGGER.log(
            System.Logger.Level.INFO,
            "receiving a snapshot at index " + message.snapshot().index());
      } else {
        byte[] data = SnapshotParts.readData(part);
        incoming.write(data, 0, data.length);
      }
    }

    private void complete() throws IOException {
      if (incoming == null) {
        throw new IOException("the snapshot ended before it began");
      }
      ReceivedSnapshot received = incoming.complete();
      ended = true;
      listener.receiveSnapshot(message, received);
      call.sendHeaders(new Metadata());
      call.sendMessage(PeerMethods.EMPTY);
      call.close(Status.OK, new Metadata());
    }

    private void giveUp() {
      ended = true;
      if (incoming != null) {
        incoming.abort();
      }
    }

    private void step(Step step) {
      try {
        disk.execute(() -> run(step));
      } catch (RejectedExecutionException e) {
        call.close(Status.UNAVAILABLE.withDescription("the member is closing"), new Metadata());
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
        giveUp();
        call.close(
            Status.DATA_LOSS.withDescription("the snapshot was not taken: " + e.getMessage()),
            new Metadata());
      }
    }
  }

  /** A part of a transfer's work. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }
}
