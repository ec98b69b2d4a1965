package io.holdfast.server.service;

/**
 * The times to live that leases were granted with, in etcd's buckets: up to 1 second, 2, 4 and so
 * on, and the rest.
 *
 * @param cumulativeCounts how many fell into each bucket or one below it
 * @param sumSeconds all of them together
 */
public record TimesToLive(long[] cumulativeCounts, double sumSeconds) {
  private static final int BOUNDS = 24;

  /** The upper bounds; the last one is infinite. */
  public static double[] boundsSeconds() {
    double[] bounds = new double[BOUNDS + 1];
    for (int i = 0; i < BOUNDS; i++) {
      bounds[i] = 1L << i;
    }
    bounds[BOUNDS] = Double.POSITIVE_INFINITY;
    return bounds;
  }
}
