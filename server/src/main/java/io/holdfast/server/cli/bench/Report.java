package io.holdfast.server.cli.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints summaries for a person, or as JSON lines for a script. */
final class Report {
  private static final String ROW = "%-12s %12s %9s %9s %9s %11s %9s %8s%n";

  private Report() {}

  static void print(PrintStream out, String title, List<Summary> summaries, boolean json) {
    if (json) {
      for (Summary summary : summaries) {
        out.printf("{\"load\":\"%s\",%s%n", title, summary.json().substring(1));
      }
      return;
    }
    out.println(title);
    out.printf(
        ROW,
        "target",
        "per second",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "CPU us/op",
        "RSS MB",
        "windows");
    for (Summary summary : summaries) {
      out.printf(
          ROW,
          summary.target(),
          number("%,.0f", summary.perSecond()),
          number("%.2f", summary.p50Millis()),
          number("%.2f", summary.p99Millis()),
          number("%.2f", summary.p999Millis()),
          summary.cpuMicrosPerOperation() == 0
              ? "-"
              : number("%.1f", summary.cpuMicrosPerOperation()),
          summary.residentBytes() == 0 ? "-" : number("%,.0f", summary.residentBytes() / 1048576.0),
          summary.windows() + (summary.discarded() > 0 ? "(-" + summary.discarded() + ")" : ""));
      if (summary.failures() > 0) {
        out.printf("%-12s %,d requests failed%n", "", summary.failures());
      }
    }
    if (summaries.size() == 2) {
      printRatio(out, summaries.get(0), summaries.get(1));
    }
  }

  /** How the first target stands against the second; above 1 is better in every column. */
  private static void printRatio(PrintStream out, Summary first, Summary second) {
    out.printf(
        ROW,
        "ratio",
        ratio(first.perSecond(), second.perSecond()),
        ratio(second.p50Millis(), first.p50Millis()),
        ratio(second.p99Millis(), first.p99Millis()),
        ratio(second.p999Millis(), first.p999Millis()),
        ratio(second.cpuMicrosPerOperation(), first.cpuMicrosPerOperation()),
        ratio(second.residentBytes(), first.residentBytes()),
        "");
  }

  private static String ratio(double better, double worse) {
    return worse == 0 ? "-" : number("%.2f x", better / worse);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
