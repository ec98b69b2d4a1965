package io.holdfast.server.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SummaryTest {
  @Test
  void reportsTheMedianOfUndisturbedWindows() {
    Summary summary = Summary.of("x", List.of(window(100, 0), window(300, 0.02), window(900, 0.5)));
    assertEquals(200, summary.perSecond(), 0.001);
    assertEquals(2, summary.windows());
    assertEquals(1, summary.discarded());
  }

  @Test
  void countsDisturbedWindowsWhenThereAreNoOthers() {
    Summary summary = Summary.of("x", List.of(window(100, 0.9), window(200, 0.9)));
    assertEquals(150, summary.perSecond(), 0.001);
    assertEquals(2, summary.discarded());
  }

  @Test
  void spreadsProcessorTimeOverOperations() {
    assertEquals(5, Summary.of("x", List.of(window(100, 0))).cpuMicrosPerOperation(), 0.001);
  }

  private static Window window(long operations, double foreignShare) {
    Histogram latency = new Histogram(3);
    latency.recordValue(1000);
    return new Window(
        operations, 0, 1_000_000_000L, latency, operations * 5, foreignShare, 1 << 20);
  }
}
