package io.holdfast.server.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  @Test
  void boundsAreEtcdsAndIncluded() {
    assertEquals(0.001, LatencyHistogram.boundSeconds(0));
    assertEquals(0.002, LatencyHistogram.boundSeconds(1));
    assertEquals(8.192, LatencyHistogram.boundSeconds(13));
    assertEquals(Double.POSITIVE_INFINITY, LatencyHistogram.boundSeconds(14));
    for (int bucket = 0; bucket < 14; bucket++) {
      long bound = Math.round(LatencyHistogram.boundSeconds(bucket) * 1e9);
      assertEquals(bucket, firstBucketOf(bound), "at the bound of " + bucket);
      assertEquals(bucket + 1, firstBucketOf(bound + 1), "just above the bound of " + bucket);
    }
    assertEquals(0, firstBucketOf(0));
    assertEquals(14, firstBucketOf(Long.MAX_VALUE / 2));
  }

  @Test
  void countsAreCumulativeAndSummed() {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.accept(500_000);
    histogram.accept(1_500_000);
    histogram.accept(1_500_000);
    histogram.accept(60_000_000_000L);
    long[] expected = {1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4};
    assertArrayEquals(expected, histogram.cumulativeCounts());
    assertEquals(60.0035, histogram.sumSeconds(), 1e-9);
  }

  private static int firstBucketOf(long nanos) {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.accept(nanos);
    long[] counts = histogram.cumulativeCounts();
    int bucket = 0;
    while (counts[bucket] == 0) {
      bucket++;
    }
    return bucket;
  }
}
