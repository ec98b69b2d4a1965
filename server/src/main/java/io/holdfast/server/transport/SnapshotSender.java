package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.raft.message.InstallSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends one snapshot, blocking: reads the pinned state, encodes it and writes parts as fast as the
 * peer takes them. Runs on a thread of its own, so neither the loop nor an event loop waits.
 */
final class SnapshotSender {
  private static final int PART_BYTES = 128 << 10;
  private static final long STALL_SECONDS_MAX = 30;
  private static final long ANSWER_SECONDS_MAX = 120;

  private final SnapshotStore format;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ClientCall<byte[], byte[]> call;
  private Status end;

  SnapshotSender(SnapshotStore format) {
    this.format = format;
  }

  /**
   * @throws IOException when the peer did not get all of it
   */
  void send(ManagedChannel channel, InstallSnapshot message, SnapshotContent content)
      throws IOException {
    call = channel.newCall(PeerMethods.SNAPSHOT, CallOptions.DEFAULT);
    call.start(new Events(), new Metadata());
    call.request(1);
    boolean delivered = false;
    try {
      write(SnapshotParts.head(message));
      try (Parts parts = new Parts()) {
        format.encode(content, parts);
      }
      call.halfClose();
      awaitEnd();
      delivered = true;
    } finally {
      if (!delivered) {
        call.cancel("the snapshot could not be sent", null);
      }
    }
  }

  private void write(byte[] part) throws IOException {
    lock.lock();
    try {
      long nanosLeft = TimeUnit.SECONDS.toNanos(STALL_SECONDS_MAX);
      while (end == null && !call.isReady()) {
        if (nanosLeft <= 0) {
          throw new IOException("the peer took nothing for " + STALL_SECONDS_MAX + " s");
        }
        nanosLeft = changed.awaitNanos(nanosLeft);
      }
      checkNotEnded();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the transport is closed", e);
    } finally {
      lock.unlock();
    }
    call.sendMessage(part);
  }

  private void awaitEnd() throws IOException {
    lock.lock();
    try {
      long nanosLeft = TimeUnit.SECONDS.toNanos(ANSWER_SECONDS_MAX);
      while (end == null) {
        if (nanosLeft <= 0) {
          throw new IOException("the peer did not answer for " + ANSWER_SECONDS_MAX + " s");
        }
        nanosLeft = changed.awaitNanos(nanosLeft);
      }
      if (!end.isOk()) {
        checkNotEnded();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the transport is closed", e);
    } finally {
      lock.unlock();
    }
  }

  private void checkNotEnded() throws IOException {
    if (end != null) {
      throw new IOException("the peer ended the transfer: " + end);
    }
  }

  /** Cuts the stream into parts. */
  private final class Parts extends OutputStream {
    private final byte[] buffer = new byte[PART_BYTES];
    private int filled;

    @Override
    public void write(int value) throws IOException {
      if (filled == buffer.length) {
        flush();
      }
      buffer[filled++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int from = offset;
      int left = length;
      while (left > 0) {
        if (filled == buffer.length) {
          flush();
        }
        int step = Math.min(left, buffer.length - filled);
        System.arraycopy(bytes, from, buffer, filled, step);
        filled += step;
        from += step;
        left -= step;
      }
    }

    @Override
    public void flush() throws IOException {
      if (filled > 0) {
        SnapshotSender.this.write(SnapshotParts.data(buffer, filled));
        filled = 0;
      }
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  /** Wakes the sending thread. */
  private final class Events extends ClientCall.Listener<byte[]> {
    @Override
    public void onReady() {
      signal(null);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      signal(status);
    }

    private void signal(Status status) {
      lock.lock();
      try {
        if (status != null) {
          end = status;
        }
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
