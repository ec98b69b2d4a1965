package io.holdfast.server.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DurationHistogramTest {
  @Test
  void boundsAreThoseOfEtcd() {
    double[] milliseconds = DurationHistogram.ofMillis(1, 14).boundsSeconds();
    assertEquals(15, milliseconds.length);
    assertEquals(0.001, milliseconds[0]);
    assertEquals(0.002, milliseconds[1]);
    assertEquals(8.192, milliseconds[13]);
    assertEquals(Double.POSITIVE_INFINITY, milliseconds[14]);
    double[] tenths = DurationHistogram.ofMillis(100, 13).boundsSeconds();
    assertEquals(0.1, tenths[0]);
    assertEquals(409.6, tenths[12]);
    assertEquals(0.0001, DurationHistogram.ofMicros(100, 20).boundsSeconds()[0]);
  }

  @Test
  void aBoundBelongsToItsBucket() {
    for (long smallestMillis : new long[] {1, 10, 100}) {
      double[] bounds = DurationHistogram.ofMillis(smallestMillis, 13).boundsSeconds();
      for (int bucket = 0; bucket < 13; bucket++) {
        long bound = Math.round(bounds[bucket] * 1e9);
        assertEquals(bucket, firstBucketOf(smallestMillis, bound));
        assertEquals(bucket + 1, firstBucketOf(smallestMillis, bound + 1));
      }
    }
  }

  @Test
  void countsAreCumulativeAndSummed() {
    DurationHistogram histogram = DurationHistogram.ofMillis(1, 14);
    histogram.accept(500_000);
    histogram.accept(1_500_000);
    histogram.accept(1_500_000);
    histogram.accept(60_000_000_000L);
    long[] expected = {1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4};
    assertArrayEquals(expected, histogram.cumulativeCounts());
    assertEquals(60.0035, histogram.sumSeconds(), 1e-9);
  }

  private static int firstBucketOf(long smallestMillis, long nanos) {
    DurationHistogram histogram = DurationHistogram.ofMillis(smallestMillis, 13);
    histogram.accept(nanos);
    long[] counts = histogram.cumulativeCounts();
    int bucket = 0;
    while (counts[bucket] == 0) {
      bucket++;
    }
    return bucket;
  }
}
