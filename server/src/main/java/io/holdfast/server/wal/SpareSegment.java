package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.NoSpaceException;
import io.holdfast.server.disk.SpacePlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Makes the next segment ready while the current one is written: zeros, synced step by step, in a
 * new file or in one that is no longer needed. Whoever takes it early gets it as large as it is.
 *
 * <p>A disk that has little room left is not filled up with zeros: the spare then stays small, and
 * only what must be written is made room for.
 *
 * <p>One thread prepares, one takes; the monitor is held only for moments, never during disk work.
 */
final class SpareSegment {
  private static final System.Logger LOGGER = System.getLogger(SpareSegment.class.getName());
  static final String NAME = "spare.tmp";

  /**
   * A file that holds zeros only, all synced, still under its spare name.
   *
   * @param sizeBytes its length
   */
  record Prepared(DiskFile file, long sizeBytes) {}

  private enum State {
    NONE,
    FILLING,
    READY,
    TAKEN
  }

  private final Disk disk;
  private final Path directory;
  private final int stepBytes;
  private final Executor executor;

  private State state = State.NONE;
  private Prepared ready;
  private long neededBytes = Long.MAX_VALUE;
  private volatile Throwable failure;

  SpareSegment(Disk disk, Path directory, int stepBytes, Executor executor) {
    this.disk = disk;
    this.directory = directory;
    this.stepBytes = stepBytes;
    this.executor = executor;
  }

  Path path() {
    return directory.resolve(NAME);
  }

  /** What went wrong in the background, or null. */
  Throwable failure() {
    return failure;
  }

  /**
   * Begins to fill a new file, unless a spare is there or under way.
   *
   * @param targetBytes asked only when one is begun
   */
  void prepare(LongSupplier targetBytes) {
    if (begin()) {
      long bytes = targetBytes.getAsLong();
      executor.execute(() -> fill(null, bytes));
    }
  }

  /**
   * Gives a segment's file up: it becomes the spare, or is deleted when there is one already. Its
   * name is gone durably before the next file's turn comes, so a crash never leaves a hole in the
   * sequence.
   */
  void recycle(Path old, long targetBytes) {
    executor.execute(
        () -> {
          if (begin()) {
            fill(old, targetBytes);
          } else {
            deleteInBackground(old);
          }
        });
  }

  /**
   * Takes the spare. When it is still being filled, it is taken as soon as it is large enough.
   * Until {@link #renamed} is called no other file gets the spare's name.
   *
   * @param minBytes what it must have
   * @param targetBytes what it should have when it was not even begun
   * @throws IOException when preparing it failed
   */
  Prepared take(long minBytes, long targetBytes) throws IOException {
    prepare(() -> Math.max(minBytes, targetBytes));
    Prepared taken;
    synchronized (this) {
      neededBytes = minBytes;
      awaitFilled();
      taken = ready;
      ready = null;
      state = State.TAKEN;
      neededBytes = Long.MAX_VALUE;
    }
    if (taken == null) {
      // There was not even room for an empty file; perhaps there is now.
      taken = new Prepared(disk.open(path(), Disk.Mode.CREATE), 0);
    }
    return taken.sizeBytes() >= minBytes ? taken : extend(taken, minBytes);
  }

  /** What was taken has its own name now. */
  synchronized void renamed() {
    state = State.NONE;
  }

  /** Lets work that is under way end at its next step. */
  synchronized void stop() {
    neededBytes = 0;
  }

  /** Closes the spare, whose file stays for the next start to clear; no work may be under way. */
  void close() throws IOException {
    if (ready != null) {
      ready.file().close();
    }
  }

  private void awaitFilled() throws IOException {
    boolean interrupted = false;
    while (state == State.FILLING && failure == null) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw new IOException("preparing the next segment failed: " + failure.getMessage(), failure);
    }
  }

  private synchronized boolean begin() {
    if (state != State.NONE || failure != null) {
      return false;
    }
    state = State.FILLING;
    return true;
  }

  private void fill(Path recycled, long targetBytes) {
    try {
      finish(State.READY, fillSteps(recycled, targetBytes), null);
    } catch (NoSpaceException e) {
      finish(State.NONE, null, null);
    } catch (IOException | RuntimeException e) {
      finish(State.NONE, null, e);
    }
  }

  private Prepared fillSteps(Path recycled, long targetBytes) throws IOException {
    DiskFile file;
    if (recycled == null) {
      file = disk.open(path(), Disk.Mode.CREATE);
    } else {
      disk.rename(recycled, path());
      disk.syncDirectory(directory);
      file = disk.open(path(), Disk.Mode.WRITE);
    }
    ByteBuffer zeros = ByteBuffer.allocateDirect(stepBytes);
    long filled = fillSteps(file, targetBytes, zeros);
    if (file.size() > filled) {
      file.truncate(filled);
      file.sync();
    }
    return new Prepared(file, filled);
  }

  /** Fills as far as it is asked for, and the disk has room beyond what must stay free. */
  private long fillSteps(DiskFile file, long targetBytes, ByteBuffer zeros) throws IOException {
    long occupied = file.size();
    long filled = 0;
    try {
      while (filled < targetBytes
          && filled < needed()
          && (filled + stepBytes <= occupied || hasRoom())) {
        filled = writeZeros(file, filled, targetBytes, zeros);
      }
    } catch (NoSpaceException e) {
      // The background must not use up what the log itself may need: what there is will do.
      LOGGER.log(System.Logger.Level.DEBUG, "the disk is full: " + e.getMessage());
    }
    return filled;
  }

  private boolean hasRoom() {
    long watermark = SpacePlan.of(disk.totalBytes(directory)).watermarkBytes();
    return disk.usableBytes(directory) - stepBytes >= watermark;
  }

  private Prepared extend(Prepared taken, long minBytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(stepBytes);
    long filled = taken.sizeBytes();
    while (filled < minBytes) {
      filled = writeZeros(taken.file(), filled, minBytes, zeros);
    }
    return new Prepared(taken.file(), filled);
  }

  private static long writeZeros(DiskFile file, long filled, long targetBytes, ByteBuffer zeros)
      throws IOException {
    zeros.clear().limit((int) Math.min(zeros.capacity(), targetBytes - filled));
    long next = filled + zeros.remaining();
    file.write(zeros, filled);
    file.sync();
    return next;
  }

  private void deleteInBackground(Path old) {
    try {
      disk.delete(old);
      disk.syncDirectory(directory);
    } catch (IOException | RuntimeException e) {
      finish(State.NONE, null, e);
    }
  }

  private synchronized long needed() {
    return neededBytes;
  }

  private synchronized void finish(State next, Prepared prepared, Throwable cause) {
    if (cause == null) {
      state = next;
      ready = prepared;
    } else if (failure == null) {
      failure = cause;
    }
    notifyAll();
  }
}
