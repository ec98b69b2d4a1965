package io.holdfast.server.cli.bench;

import org.HdrHistogram.Histogram;

/**
 * What one stretch of load on one target showed.
 *
 * @param operations answers received (for a watch: events received)
 * @param failures requests that ended in an error
 * @param nanos how long the window took
 * @param latencyMicros from request to answer (for a watch: from put to event), in microseconds
 * @param cpuMicros processor time the target's processes used meanwhile
 * @param foreignShare the part of one processor that processes other than the generator and the
 *     measured ones used meanwhile: above a tenth the window says little
 * @param residentBytes resident memory of the target's processes at the end
 */
record Window(
    long operations,
    long failures,
    long nanos,
    Histogram latencyMicros,
    long cpuMicros,
    double foreignShare,
    long residentBytes) {
  private static final double FOREIGN_SHARE_MAX = 0.10;

  double perSecond() {
    return operations * 1e9 / nanos;
  }

  double cpuMicrosPerOperation() {
    return operations == 0 ? 0 : (double) cpuMicros / operations;
  }

  boolean disturbed() {
    return foreignShare > FOREIGN_SHARE_MAX;
  }
}
