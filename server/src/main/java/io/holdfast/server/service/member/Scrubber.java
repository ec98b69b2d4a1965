package io.holdfast.server.service.member;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.wal.SegmentCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Reads the member's files again, slowly, so that damage is found while the others can still mend
 * it, and not when it is needed: the store's records, and the log's segments that are written no
 * more. Snapshots that have arrived are verified when they are installed and do not stay.
 *
 * <p>Works in small slices on a worker thread with pauses between, so that reading stays within the
 * rate, whatever the size of the files. The store's cache of pages is emptied at the beginning of a
 * pass, or the disk would not be read at all.
 */
final class Scrubber {
  private static final System.Logger LOGGER = System.getLogger(Scrubber.class.getName());
  private static final long SLICE_BYTES = 256 << 10;
  private static final double NANOS_PER_SECOND = 1e9;

  private final Disk disk;
  private final Path wal;
  private final Supplier<Backend> backend;
  private final IntegrityOptions options;
  private final Corruption corruption;
  private final ScheduledExecutorService timer;
  private final Executor worker;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong passes = new AtomicLong();
  private final ArrayDeque<Path> segments = new ArrayDeque<>();
  private volatile double progress;
  private Backend scanned;
  private long nextMain;
  private int nextSub;
  private long recordsSeen;
  private boolean storeDone;
  private SegmentCheck segment;
  private int segmentsAtStart;

  /**
   * @param wal the log's directory
   * @param backend the store as it is now
   * @param worker runs a slice at a time
   */
  Scrubber(
      Disk disk,
      Path wal,
      Supplier<Backend> backend,
      IntegrityOptions options,
      Corruption corruption,
      ScheduledExecutorService timer,
      Executor worker) {
    this.disk = disk;
    this.wal = wal;
    this.backend = backend;
    this.options = options;
    this.corruption = corruption;
    this.timer = timer;
    this.worker = worker;
  }

  /** Begins, unless it is switched off. */
  void start() {
    if (options.scrubBytesPerSecond() > 0) {
      later(TimeUnit.MILLISECONDS.toNanos(options.scrubIntervalMillis()), this::beginPass);
    }
  }

  /** Bytes verified since the start. */
  long bytesTotal() {
    return bytes.get();
  }

  /** Passes over all files completed since the start. */
  long passesTotal() {
    return passes.get();
  }

  /** How much of the current pass is done, 0 to 1; 0 between passes. */
  double progress() {
    return progress;
  }

  private void later(long nanos, Runnable slice) {
    if (timer.isShutdown()) {
      return;
    }
    timer.schedule(
        () -> {
          try {
            worker.execute(() -> guarded(slice));
          } catch (RejectedExecutionException ended) {
            LOGGER.log(System.Logger.Level.DEBUG, "the member closes: no more scrubbing");
          }
        },
        nanos,
        TimeUnit.NANOSECONDS);
  }

  private void guarded(Runnable slice) {
    try {
      slice.run();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.WARNING, "a pass over the files was given up", e);
      endPass();
    }
  }

  private void beginPass() {
    scanned = backend.get();
    scanned.dropPageCache();
    nextMain = 0;
    nextSub = 0;
    recordsSeen = 0;
    storeDone = false;
    segments.clear();
    try {
      segments.addAll(SegmentCheck.sealedSegments(disk, wal));
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.WARNING, "cannot list " + wal + ": " + e.getMessage());
    }
    segmentsAtStart = segments.size();
    slice();
  }

  private void slice() {
    long read = 0;
    try {
      if (!storeDone) {
        read = storeSlice();
      } else if (segment != null || !segments.isEmpty()) {
        read = segmentSlice();
      } else {
        passes.incrementAndGet();
        endPass();
        return;
      }
    } catch (CorruptRecordException e) {
      damaged("scrubbing the store: " + e.getMessage());
      storeDone = true;
    } catch (DamagedStorageException e) {
      damaged(e.what());
      closeSegment();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "not scrubbed: " + e.getMessage());
      closeSegment();
    } catch (IllegalStateException e) {
      // The store was replaced by a snapshot, which verified it.
      storeDone = true;
    }
    bytes.addAndGet(read);
    long pause = (long) (read / (double) options.scrubBytesPerSecond() * NANOS_PER_SECOND);
    later(pause, this::slice);
  }

  private long storeSlice() {
    if (backend.get() != scanned) {
      storeDone = true;
      return 0;
    }
    long[] read = {0};
    boolean[] stopped = {false};
    scanned
        .revisions()
        .scan(
            nextMain,
            nextSub,
            (main, sub, record) -> {
              read[0] += record.length;
              recordsSeen++;
              nextMain = main;
              nextSub = sub + 1;
              stopped[0] = read[0] >= SLICE_BYTES;
              return !stopped[0];
            });
    if (!stopped[0]) {
      read[0] += scanned.checkBuckets();
      storeDone = true;
    }
    long all = Math.max(1, scanned.revisions().size());
    progress = Math.min(1, (double) recordsSeen / all) / (1 + segmentsAtStart);
    return read[0];
  }

  private long segmentSlice() throws IOException {
    if (segment == null) {
      segment = SegmentCheck.open(disk, segments.peekFirst());
    }
    OptionalLong read = segment.step(SLICE_BYTES);
    if (read.isEmpty()) {
      closeSegment();
    }
    return read.orElse(0);
  }

  private void closeSegment() {
    segments.pollFirst();
    progress = (1.0 + segmentsAtStart - segments.size()) / (1 + segmentsAtStart);
    if (segment != null) {
      try {
        segment.close();
      } catch (IOException e) {
        LOGGER.log(System.Logger.Level.DEBUG, "closing a scrubbed file failed", e);
      }
      segment = null;
    }
  }

  private void endPass() {
    while (segment != null) {
      closeSegment();
    }
    progress = 0;
    later(TimeUnit.MILLISECONDS.toNanos(options.scrubIntervalMillis()), this::beginPass);
  }

  private void damaged(String what) {
    corruption.found(what);
  }
}
