package io.holdfast.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.SnapshotResponse;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.MaintenanceService;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * One running Snapshot call. The state is read and sent on a thread of its own, as fast as the
 * client takes it; how many there may be at once is the use case's affair. A client that takes
 * nothing for {@value #STALL_SECONDS_MAX} s, or has not finished after {@value #CALL_SECONDS_MAX}
 * s, is given up, since the pinned state keeps the store's file from using space again.
 */
final class BackupStreaming {
  private static final int BLOB_BYTES = 64 << 10;
  private static final long STALL_SECONDS_MAX = 60;
  private static final long CALL_SECONDS_MAX = 3600;

  private final ServerCallStreamObserver<SnapshotResponse> observer;
  private final long startNanos = System.nanoTime();
  private final Object changed = new Object();

  private BackupStreaming(ServerCallStreamObserver<SnapshotResponse> observer) {
    this.observer = observer;
  }

  /** Takes the call over; returns at once. */
  static void start(
      MaintenanceService maintenance, ServerCallStreamObserver<SnapshotResponse> observer) {
    BackupStreaming streaming = new BackupStreaming(observer);
    observer.setOnReadyHandler(streaming::wake);
    observer.setOnCancelHandler(streaming::wake);
    maintenance
        .backup()
        .whenComplete(
            (backup, failure) -> {
              if (failure == null) {
                Thread thread = new Thread(() -> streaming.run(backup), "holdfast-backup");
                thread.setDaemon(true);
                thread.start();
              } else {
                observer.onError(Failures.of(failure));
              }
            });
  }

  private void run(Backup backup) {
    try (backup) {
      Blobs blobs = new Blobs(backup);
      backup.writeTo(blobs);
      blobs.send();
    } catch (GivenUp e) {
      finish(() -> observer.onError(Failures.withoutTrace(e.status)));
      return;
    } catch (IOException | RuntimeException e) {
      finish(() -> observer.onError(Failures.of(e)));
      return;
    }
    finish(observer::onCompleted);
  }

  private void finish(Runnable end) {
    if (!observer.isCancelled()) {
      end.run();
    }
  }

  private void wake() {
    synchronized (changed) {
      changed.notifyAll();
    }
  }

  private void awaitReady() throws IOException {
    long stalledSince = System.nanoTime();
    synchronized (changed) {
      while (!observer.isReady()) {
        long stalled = System.nanoTime() - stalledSince;
        if (observer.isCancelled()) {
          throw new GivenUp(Status.CANCELLED);
        }
        if (stalled > TimeUnit.SECONDS.toNanos(STALL_SECONDS_MAX)) {
          throw new GivenUp(
              Status.DEADLINE_EXCEEDED.withDescription(
                  "the client took nothing for " + STALL_SECONDS_MAX + " s"));
        }
        try {
          changed.wait(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new GivenUp(Status.CANCELLED);
        }
      }
    }
    if (System.nanoTime() - startNanos > TimeUnit.SECONDS.toNanos(CALL_SECONDS_MAX)) {
      throw new GivenUp(
          Status.DEADLINE_EXCEEDED.withDescription(
              "the snapshot was not taken within " + CALL_SECONDS_MAX + " s"));
    }
  }

  /** The client is to blame, or gone. */
  private static final class GivenUp extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient Status status;

    GivenUp(Status status) {
      super(status.getDescription());
      this.status = status;
    }
  }

  /** Cuts the backup into messages, each telling how much is still to come. */
  private final class Blobs extends OutputStream {
    private final byte[] buffer = new byte[BLOB_BYTES];
    private final ResponseHeader header;
    private final String version;
    private int filled;
    private long remaining;

    Blobs(Backup backup) throws IOException {
      header = Responses.header(backup.header());
      version = backup.version();
      remaining = backup.sizeBytes();
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int from = offset;
      int left = length;
      while (left > 0) {
        if (filled == buffer.length) {
          send();
        }
        int step = Math.min(left, buffer.length - filled);
        System.arraycopy(bytes, from, buffer, filled, step);
        filled += step;
        from += step;
        left -= step;
      }
    }

    void send() throws IOException {
      awaitReady();
      remaining -= filled;
      observer.onNext(
          SnapshotResponse.newBuilder()
              .setHeader(header)
              .setRemainingBytes(remaining)
              .setBlob(UnsafeByteOperations.unsafeWrap(Arrays.copyOf(buffer, filled)))
              .setVersion(version)
              .build());
      filled = 0;
    }
  }
}
