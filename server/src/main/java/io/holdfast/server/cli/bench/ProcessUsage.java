package io.holdfast.server.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Processor time and memory of processes, as Linux accounts for them under {@code /proc}.
 *
 * @param cpuMicros user and system time used so far by the named processes, in microseconds
 * @param machineBusyMicros time that all processes of the machine have used so far, in microseconds
 * @param ownMicros time that this process has used so far, in microseconds
 * @param residentBytes resident memory of the named processes
 */
record ProcessUsage(long cpuMicros, long machineBusyMicros, long ownMicros, long residentBytes) {
  /** The kernel reports in ticks of 10 ms on every architecture Java runs on. */
  private static final long MICROS_PER_TICK = 10_000;

  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  static ProcessUsage of(List<Long> pids) {
    long cpu = 0;
    long resident = 0;
    for (long pid : pids) {
      cpu += cpuTime(pid);
      resident += resident(pid);
    }
    return new ProcessUsage(cpu, machineBusy(), cpuTime(ProcessHandle.current().pid()), resident);
  }

  private static long cpuTime(long pid) {
    String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
    // The command's name stands in parentheses and may hold blanks: count fields behind it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_PER_TICK;
  }

  private static long resident(long pid) {
    Matcher matcher = RESIDENT.matcher(read(Path.of("/proc", Long.toString(pid), "status")));
    return matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : 0;
  }

  /** User, nice, system, irq and softirq time of all processors; idle, wait and steal left out. */
  private static long machineBusy() {
    String[] fields = read(Path.of("/proc/stat")).lines().findFirst().orElse("").split("\\s+");
    long ticks = 0;
    for (int field : new int[] {1, 2, 3, 6, 7}) {
      ticks += Long.parseLong(fields[field]);
    }
    return ticks * MICROS_PER_TICK;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new BenchFailure(
          "cannot read " + file + ": is the process alive? --pids takes ids of running processes");
    }
  }
}
