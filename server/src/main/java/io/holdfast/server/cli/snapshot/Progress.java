package io.holdfast.server.cli.snapshot;

import io.holdfast.server.cli.bench.ProgressBar;
import java.util.function.LongConsumer;

/** Shows how many of so many bytes are done, where somebody watches. One thread. */
final class Progress implements LongConsumer, AutoCloseable {
  private static final long PAUSE_NANOS = 100_000_000;

  private final ProgressBar bar;
  private final long startNanos = System.nanoTime();
  private long totalBytes;
  private long shownAtNanos;

  Progress(String label, long totalBytes) {
    bar = new ProgressBar(System.err, System.console() != null, label);
    this.totalBytes = totalBytes;
  }

  void total(long bytes) {
    totalBytes = bytes;
  }

  @Override
  public void accept(long bytes) {
    long now = System.nanoTime();
    if (now - shownAtNanos < PAUSE_NANOS || totalBytes <= 0) {
      return;
    }
    shownAtNanos = now;
    double seconds = Math.max(1e-9, (now - startNanos) / 1e9);
    bar.show(
        bytes / (double) totalBytes,
        Sizes.human(bytes) + ", " + Sizes.human((long) (bytes / seconds)) + "/s");
  }

  @Override
  public void close() {
    bar.done();
  }
}
