package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.raft.message.InstallSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends one snapshot, blocking: asks the peer what it holds already, reads the pinned state,
 * encodes it and writes parts as fast as the peer takes them and the rate allows. Runs on a thread
 * of its own, so neither the loop nor an event loop waits.
 *
 * <p>The pinned state keeps the store's file from reusing space, so no peer holds it for ever: one
 * that takes nothing is given up after {@value #STALL_SECONDS_MAX} s, and a transfer of more than
 * {@value #TRANSFER_SECONDS_MAX} s is cut; the next one goes on from there with a newer state.
 */
final class SnapshotSender {
  private static final long STALL_SECONDS_MAX = 30;
  private static final long TRANSFER_SECONDS_MAX = 600;
  private static final long INSTALLATION_SECONDS_MAX = 600;

  private final SnapshotStore format;
  private final SendingRate rate;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long startNanos = System.nanoTime();
  private ClientCall<byte[], byte[]> call;
  private Optional<List<HeldPrefix>> offer = Optional.empty();
  private Optional<String> badAnswer = Optional.empty();
  private long answers;
  private Status end;
  private long resumedAt;
  private long sentBytes;

  SnapshotSender(SnapshotStore format, SendingRate rate) {
    this.format = format;
    this.rate = rate;
  }

  /** Where the transfer went on. */
  long resumedAt() {
    return resumedAt;
  }

  /** Bytes of the stream that were sent. */
  long sentBytes() {
    return sentBytes;
  }

  /**
   * Returns when the peer has installed the snapshot, or has no need of it any more.
   *
   * @param content closed as soon as it was read
   * @throws IOException when the peer did not get all of it
   */
  void send(ManagedChannel channel, InstallSnapshot message, SnapshotContent content)
      throws IOException {
    call = channel.newCall(PeerMethods.SNAPSHOT, CallOptions.DEFAULT);
    call.start(new Events(), new Metadata());
    call.request(1);
    boolean delivered = false;
    try (content) {
      write(SnapshotParts.head(message));
      ResumingOutput out = new ResumingOutput(awaitOffer(), new Parts());
      format.encode(content, out);
      out.close();
      content.close();
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
    await(STALL_SECONDS_MAX, "the peer took nothing", () -> call.isReady());
    if (System.nanoTime() - startNanos > TimeUnit.SECONDS.toNanos(TRANSFER_SECONDS_MAX)) {
      throw new IOException(
          "it takes longer than "
              + TRANSFER_SECONDS_MAX
              + " s: the next attempt goes on from there with a newer state");
    }
    call.sendMessage(part);
  }

  private List<HeldPrefix> awaitOffer() throws IOException {
    await(STALL_SECONDS_MAX, "the peer did not say what it holds", () -> offer.isPresent());
    return offer.orElseThrow();
  }

  /** Waits for the installation, for as long as the peer gives signs of life. */
  private void awaitEnd() throws IOException {
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(INSTALLATION_SECONDS_MAX);
    lock.lock();
    try {
      while (end == null) {
        long heard = answers;
        await(STALL_SECONDS_MAX, "the peer gave no sign", () -> end != null || answers > heard);
        if (end == null && System.nanoTime() - untilNanos > 0) {
          throw new IOException("not installed within " + INSTALLATION_SECONDS_MAX + " s");
        }
      }
      if (!end.isOk()) {
        throw ended();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A condition that another thread may make true. */
  private interface Expectation {
    boolean holds();
  }

  private void await(long seconds, String complaint, Expectation condition) throws IOException {
    lock.lock();
    try {
      long nanosLeft = TimeUnit.SECONDS.toNanos(seconds);
      while (!condition.holds()) {
        if (end != null) {
          throw ended();
        }
        if (badAnswer.isPresent()) {
          throw new IOException("the peer gave an answer that makes no sense: " + badAnswer.get());
        }
        if (nanosLeft <= 0) {
          throw new IOException(complaint + " for " + seconds + " s");
        }
        nanosLeft = changed.awaitNanos(nanosLeft);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the transport is closed", e);
    } finally {
      lock.unlock();
    }
  }

  private IOException ended() {
    return new IOException("the peer ended the transfer: " + end);
  }

  /** Sends what the stream is cut into. */
  private final class Parts implements ResumingOutput.Sink {
    @Override
    public void begin(long offset) throws IOException {
      resumedAt = offset;
      SnapshotSender.this.write(SnapshotParts.resume(offset));
    }

    @Override
    public void data(byte[] bytes, int length) throws IOException {
      rate.await(length);
      SnapshotSender.this.write(SnapshotParts.data(bytes, length));
      sentBytes += length;
    }
  }

  /** Wakes the sending thread. */
  private final class Events extends ClientCall.Listener<byte[]> {
    @Override
    public void onReady() {
      locked(() -> {});
    }

    @Override
    public void onMessage(byte[] answer) {
      locked(
          () -> {
            answers++;
            try {
              Optional<List<HeldPrefix>> told = SnapshotParts.readOffer(answer);
              offer = told.isPresent() ? told : offer;
            } catch (IOException e) {
              badAnswer = Optional.of(String.valueOf(e.getMessage()));
            }
          });
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      locked(() -> end = status);
    }

    private void locked(Runnable change) {
      lock.lock();
      try {
        change.run();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
