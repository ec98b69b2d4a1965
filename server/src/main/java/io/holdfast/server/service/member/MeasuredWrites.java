package io.holdfast.server.service.member;

import io.holdfast.server.service.MemberTimings;
import io.holdfast.server.wal.BatchListener;
import java.util.function.LongSupplier;

/** Times the log's writes, which one thread at a time makes. */
final class MeasuredWrites implements BatchListener {
  private final MemberTimings timings;
  private final LongSupplier nanoTime;
  private long startNanos;

  MeasuredWrites(MemberTimings timings, LongSupplier nanoTime) {
    this.timings = timings;
    this.nanoTime = nanoTime;
  }

  @Override
  public void writing() {
    startNanos = nanoTime.getAsLong();
  }

  @Override
  public void written(int bytes) {
    timings.walWrite(bytes, nanoTime.getAsLong() - startNanos);
  }
}
