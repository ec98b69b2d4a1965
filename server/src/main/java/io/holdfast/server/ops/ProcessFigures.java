package io.holdfast.server.ops;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The figures of the process that Prometheus' dashboards expect of every program. */
final class ProcessFigures {
  private static final String STATUS = "/proc/self/status";
  private static final String NETWORK = "/proc/self/net/netstat";
  private static final String LIMITS = "/proc/self/limits";
  private static final String ADDRESS_SPACE = "Max address space";
  private static final int KIBIBYTE = 1024;

  private ProcessFigures() {}

  static void addTo(MetricFamilies families) {
    families.gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970.",
        ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      families.counter(
          "process_cpu_seconds_total",
          "Processor time used, user and system.",
          system.getProcessCpuTime() / 1e9);
      families.gauge(
          "process_open_fds", "Open file descriptors.", system.getOpenFileDescriptorCount());
      families.gauge(
          "process_max_fds", "Most file descriptors.", system.getMaxFileDescriptorCount());
      families.gauge("os_fd_used", "Open file descriptors.", system.getOpenFileDescriptorCount());
      families.gauge("os_fd_limit", "Most file descriptors.", system.getMaxFileDescriptorCount());
    }
    addMemory(families);
    addMemoryLimit(families);
    addNetwork(families);
  }

  /** Only Linux tells; elsewhere the two are left out. */
  private static void addMemory(MetricFamilies families) {
    try (BufferedReader status =
        new BufferedReader(new FileReader(STATUS, StandardCharsets.UTF_8))) {
      for (String line = status.readLine(); line != null; line = status.readLine()) {
        if (line.startsWith("VmRSS:")) {
          families.gauge("process_resident_memory_bytes", "Memory in use.", bytesOf(line));
        } else if (line.startsWith("VmSize:")) {
          families.gauge("process_virtual_memory_bytes", "Address space in use.", bytesOf(line));
        }
      }
    } catch (IOException notLinux) {
      return;
    }
  }

  /** As etcd has it: the largest 64-bit number where there is no limit. */
  private static void addMemoryLimit(MetricFamilies families) {
    try (BufferedReader limits =
        new BufferedReader(new FileReader(LIMITS, StandardCharsets.UTF_8))) {
      limits
          .lines()
          .filter(line -> line.startsWith(ADDRESS_SPACE))
          .map(line -> line.substring(ADDRESS_SPACE.length()).trim().split(" +")[0])
          .mapToDouble(soft -> soft.equals("unlimited") ? 0x1p64 : Double.parseDouble(soft))
          .forEach(
              bytes ->
                  families.gauge("process_virtual_memory_max_bytes", "Most address space.", bytes));
    } catch (IOException notLinux) {
      return;
    }
  }

  /** What the process's network namespace has received and sent, as etcd's library counts it. */
  private static void addNetwork(MetricFamilies families) {
    try (BufferedReader statistics =
        new BufferedReader(new FileReader(NETWORK, StandardCharsets.UTF_8))) {
      List<String[]> lines =
          statistics
              .lines()
              .filter(line -> line.startsWith("IpExt:"))
              .map(line -> line.split(" "))
              .toList();
      for (int i = 1; lines.size() == 2 && i < lines.get(0).length; i++) {
        double octets = Double.parseDouble(lines.get(1)[i]);
        if (lines.get(0)[i].equals("InOctets")) {
          families.counter("process_network_receive_bytes_total", "Bytes received.", octets);
        } else if (lines.get(0)[i].equals("OutOctets")) {
          families.counter("process_network_transmit_bytes_total", "Bytes sent.", octets);
        }
      }
    } catch (IOException notLinux) {
      return;
    }
  }

  /** {@code VmRSS: 134264 kB}. */
  private static double bytesOf(String line) {
    return Double.parseDouble(line.replaceAll("[^0-9]", "")) * KIBIBYTE;
  }
}
