package io.holdfast.harness;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/** The machine that the processes run on. */
public final class Machine {
  private static final int SWAMPED_PER_PROCESSOR = 5;

  private Machine() {}

  /** Whether so many processes want a processor that a measured time says nothing of ours. */
  public static boolean isSwamped() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()
        > SWAMPED_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();
  }

  /** How busy it is, in words: what a measured time must be judged by. */
  public static String load() {
    return String.format(
        Locale.ROOT,
        "on average %.1f processes wanted its %d processors in the last minute",
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        Runtime.getRuntime().availableProcessors());
  }
}
