package io.holdfast.server.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reads the history, or what lies between two revisions, on several threads: in stretches, each cut
 * into one part a thread, handed over in ascending order. Only the stretch under way is held in
 * memory.
 */
final class HistoryLoader {
  private static final long STRETCH_RECORDS = 1 << 20;
  private static final long PART_RECORDS_MIN = 1 << 14;

  private final RevisionMap revisions;
  private final int threads;

  HistoryLoader(RevisionMap revisions, int threads) {
    this.revisions = revisions;
    this.threads = threads;
  }

  /** The whole history, see {@link #read(Optional, Optional, Supplier, Consumer)}. */
  <T> Tally read(Supplier<? extends PartReader<T>> readers, Consumer<T> results) {
    return read(Optional.empty(), Optional.empty(), readers, results);
  }

  /**
   * @param from empty for the beginning
   * @param until what is not read any more; empty for the end
   * @param results takes the parts' results in ascending order, on the calling thread
   * @return what was read
   * @throws CorruptRecordException when a record is damaged
   */
  <T> Tally read(
      Optional<RevisionKey> from,
      Optional<RevisionKey> until,
      Supplier<? extends PartReader<T>> readers,
      Consumer<T> results) {
    Tally found = new Tally();
    List<Optional<RevisionKey>> bounds = bounds(from, until);
    for (int first = 0; first + 1 < bounds.size(); first += threads) {
      List<Part<T>> parts = new ArrayList<>();
      for (int i = first; i < Math.min(first + threads, bounds.size() - 1); i++) {
        parts.add(new Part<>(bounds.get(i), bounds.get(i + 1), readers.get()));
      }
      readAtOnce(parts);
      for (Part<T> part : parts) {
        found.add(part.found);
        results.accept(part.result);
      }
    }
    return found;
  }

  /**
   * Where the parts begin, and the end. Between two bounds everything is read by key: wrong counts
   * in a damaged page can shift a bound, but hide nothing.
   */
  private List<Optional<RevisionKey>> bounds(
      Optional<RevisionKey> from, Optional<RevisionKey> until) {
    long begin = from.map(revisions::countBelow).orElse(0L);
    long end = until.map(revisions::countBelow).orElseGet(revisions::size);
    long size = end - begin;
    long perPart = Math.max(PART_RECORDS_MIN, (STRETCH_RECORDS + threads - 1) / threads);
    if (size < STRETCH_RECORDS) {
      perPart = Math.max(PART_RECORDS_MIN, (size + threads - 1) / threads);
    }
    List<Optional<RevisionKey>> bounds = new ArrayList<>();
    bounds.add(from);
    for (long index = begin + perPart; index < end; index += perPart) {
      bounds.add(Optional.of(revisions.keyAt(index)));
    }
    bounds.add(until);
    return bounds;
  }

  private static <T> void readAtOnce(List<Part<T>> parts) {
    List<Thread> others = new ArrayList<>();
    for (Part<T> part : parts.subList(1, parts.size())) {
      Thread thread = new Thread(part, "holdfast-load");
      thread.setDaemon(true);
      thread.start();
      others.add(thread);
    }
    parts.get(0).run();
    others.forEach(HistoryLoader::join);
    parts.forEach(Part::check);
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** One thread's work; its outcome is read by others once the thread has ended. */
  private final class Part<T> implements Runnable {
    private final Optional<RevisionKey> from;
    private final Optional<RevisionKey> until;
    private final PartReader<T> reader;
    private final Tally found = new Tally();
    private T result;
    private RuntimeException failure;
    private Error error;

    Part(Optional<RevisionKey> from, Optional<RevisionKey> until, PartReader<T> reader) {
      this.from = from;
      this.until = until;
      this.reader = reader;
    }

    @Override
    public void run() {
      try {
        revisions.readPart(
            from.orElse(null),
            until.orElse(null),
            found,
            (key, record) -> {
              reader.add(key.main(), key.sub(), record);
              return true;
            });
        result = reader.finish();
      } catch (RuntimeException e) {
        failure = e;
      } catch (Error e) {
        error = e;
      }
    }

    void check() {
      if (error != null) {
        throw error;
      }
      if (failure != null) {
        throw failure;
      }
    }
  }
}
