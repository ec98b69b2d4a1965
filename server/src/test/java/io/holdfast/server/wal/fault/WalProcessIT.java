package io.holdfast.server.wal.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.wal.Recovered;
import io.holdfast.server.wal.Wal;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The log in a real process on a real disk, killed at every call, failed at every sync, audited.
 */
class WalProcessIT {
  private static final Pattern ACKNOWLEDGED = Pattern.compile("(?m)^ack (\\d+)$");
  private static final Pattern CALL =
      Pattern.compile("^\\d+ +(\\w+)\\((?:\\d+<([^>]*)>|[^\"]*\"([^\"]*)\")");

  @TempDir Path root;

  private record Run(int exitCode, String output) {
    long acknowledged() {
      long last = 0;
      for (Matcher ack = ACKNOWLEDGED.matcher(output); ack.find(); ) {
        last = Long.parseLong(ack.group(1));
      }
      return last;
    }
  }

  @Test
  void killedAtEveryCallItLosesNothingAcknowledged() throws Exception {
    Run whole = run(root.resolve("whole"), 0, List.of());
    assertEquals(0, whole.exitCode(), whole.output());
    Matcher calls = Pattern.compile("calls (\\d+)").matcher(whole.output());
    assertTrue(calls.find(), whole.output());
    int count = Integer.parseInt(calls.group(1));
    assertTrue(count > 60, "calls: " + count);
    List<Callable<Void>> runs = new ArrayList<>();
    for (int call = 1; call <= count; call++) {
      int killAt = call;
      runs.add(
          () -> {
            Path directory = root.resolve("halt-" + killAt);
            Run run = run(directory, killAt, List.of());
            assertEquals(WalChild.KILLED, run.exitCode(), run.output());
            check("killed at call " + killAt, directory, run);
            return null;
          });
    }
    all(runs);
  }

  @Test
  void killedInsideSystemCallsItLosesNothingAcknowledged() throws Exception {
    assumeStrace();
    List<String> trace = trace(root.resolve("counted"), root.resolve("counted.trace"));
    List<Callable<Void>> runs = new ArrayList<>();
    for (String call : List.of("pwrite64", "fdatasync", "fsync", "rename", "ftruncate")) {
      long count = trace.stream().filter(line -> call.equals(name(line))).count();
      assertTrue(count > 0 || call.equals("ftruncate"), "no " + call + " was seen");
      // Every call is tried by the other test; here a spread of them, ended by the kernel.
      int stride = (int) Math.max(1, count / 8);
      IntStream.iterate(1, n -> n <= count, n -> n + stride)
          .forEach(
              n ->
                  runs.add(
                      () -> {
                        Path directory = root.resolve(call + "-" + n);
                        Run run = run(directory, 0, inject(call, "signal=KILL:when=" + n));
                        assertNotEquals(0, run.exitCode(), run.output());
                        check(call + " " + n, directory, run);
                        return null;
                      }));
    }
    all(runs);
  }

  @Test
  void aFailedSyncEndsTheProcessAndNothingIsAcknowledgedAfterIt() throws Exception {
    assumeStrace();
    List<Callable<Void>> runs = new ArrayList<>();
    for (String call : List.of("fdatasync", "fsync")) {
      for (int n = 1; n <= (call.equals("fsync") ? 4 : 12); n++) {
        int number = n;
        runs.add(
            () -> {
              Path directory = root.resolve("eio-" + call + "-" + number);
              Path trace = root.resolve("eio-" + call + "-" + number + ".trace");
              Run run =
                  run(
                      directory,
                      0,
                      List.of(
                          "strace",
                          "-f",
                          "-o",
                          trace.toString(),
                          "-e",
                          "trace=write,fsync,fdatasync",
                          "-e",
                          "inject=" + call + ":error=EIO:when=" + number));
              assertNotEquals(0, run.exitCode(), run.output());
              List<String> lines = Files.readAllLines(trace, StandardCharsets.ISO_8859_1);
              int failed = indexOf(lines, "(INJECTED)");
              assertTrue(failed >= 0, "nothing was injected");
              List<String> after = lines.subList(failed, lines.size());
              assertEquals(-1, indexOf(after, "\"ack "), "acknowledged after a failed " + call);
              check("EIO of " + call + " " + number, directory, run);
              return null;
            });
      }
    }
    all(runs);
  }

  @Test
  void everyNameAndEveryByteIsSyncedBeforeAnAcknowledgement() throws Exception {
    assumeStrace();
    Path parent = root.toRealPath();
    Path directory = parent.resolve("audited").resolve("wal");
    List<String> trace = trace(directory, parent.resolve("audit.trace"));
    Set<String> unsyncedFiles = new HashSet<>();
    Set<String> unsyncedNames = new LinkedHashSet<>();
    int acknowledgements = 0;
    int names = 0;
    for (String line : trace) {
      Matcher call = CALL.matcher(line);
      if (!call.find()) {
        continue;
      }
      String path = call.group(2) == null ? call.group(3) : call.group(2);
      if (call.group(1).equals("write") && line.contains("\"ack ")) {
        acknowledgements++;
        assertEquals(Set.of(), unsyncedFiles, "content not synced before: " + line);
        assertEquals(Set.of(), unsyncedNames, "names not synced before: " + line);
      }
      if (!path.startsWith(parent.toString()) || path.endsWith(".trace")) {
        continue;
      }
      switch (call.group(1)) {
        case "pwrite64", "ftruncate" -> unsyncedFiles.add(path);
        case "fdatasync" -> unsyncedFiles.remove(path);
        case "fsync" -> {
          unsyncedFiles.remove(path);
          unsyncedNames.remove(path);
        }
        case "openat" -> {
          // A spare's name means nothing until it is renamed.
          if (line.contains("O_CREAT") && !path.endsWith("spare.tmp")) {
            unsyncedNames.add(Path.of(path).getParent().toString());
            names++;
          }
        }
        case "mkdir", "unlink" -> unsyncedNames.add(Path.of(path).getParent().toString());
        case "rename" -> {
          assertFalse(unsyncedFiles.contains(path), "renamed before it was synced: " + line);
          unsyncedNames.add(Path.of(path).getParent().toString());
          names++;
        }
        default -> {}
      }
    }
    assertEquals(WalChild.LAST_INDEX / 3, acknowledgements);
    assertTrue(names >= 4, "names: " + names);
  }

  /** Opens what the process left, compares it with what it acknowledged, and goes on. */
  private static void check(String where, Path directory, Run run) {
    long acknowledged = run.acknowledged();
    Wal.Opened opened = Wal.open(directory, WalChild.options(new RealDisk()), WalChild.SELF);
    try (Wal wal = opened.wal()) {
      Recovered recovered = opened.recovered();
      long last = recovered.lastIndex();
      assertTrue(last >= acknowledged, where + ": " + last + " of " + acknowledged);
      assertTrue(recovered.hardState().term() >= acknowledged, where + ": term and vote");
      if (last > 0) {
        assertEquals(WalChild.hardState(recovered.hardState().term()), recovered.hardState());
      }
      long index = recovered.snapshot().index();
      for (Entry entry : recovered.entries()) {
        Entry expected = WalChild.entry(++index);
        assertEquals(expected.index(), entry.index(), where);
        assertEquals(expected.term(), entry.term(), where);
        assertArrayEquals(expected.data(), entry.data(), where);
      }
      assertEquals(last, index, where);
      wal.append(Optional.of(new HardState(99, 1, last)), List.of(WalChild.entry(last + 1)));
      wal.sync();
    }
    Wal.Opened again = Wal.open(directory, WalChild.options(new RealDisk()), WalChild.SELF);
    again.wal().close();
    assertEquals(99, again.recovered().hardState().term(), where + ": going on");
  }

  private static void all(List<Callable<Void>> runs) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      for (Future<Void> run : executor.invokeAll(runs)) {
        run.get();
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private List<String> trace(Path directory, Path trace) throws Exception {
    Run run =
        run(
            directory,
            0,
            List.of(
                "strace",
                "-f",
                "-y",
                "-o",
                trace.toString(),
                "-e",
                "trace=openat,mkdir,rename,unlink,ftruncate,fsync,fdatasync,pwrite64,write"));
    assertEquals(0, run.exitCode(), run.output());
    return Files.readAllLines(trace, StandardCharsets.ISO_8859_1);
  }

  private static List<String> inject(String call, String what) {
    return List.of(
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "trace=" + call,
        "-e",
        "inject=" + call + ":" + what);
  }

  private static Run run(Path directory, int killAt, List<String> wrapper)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(List.of("-cp", location(WalChild.class) + ":" + location(Wal.class)));
    command.addAll(List.of(WalChild.class.getName(), directory.toString(), "" + killAt));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the process does not end");
    return new Run(process.exitValue(), output);
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int indexOf(List<String> lines, String part) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(part)) {
        return i;
      }
    }
    return -1;
  }

  private static String name(String line) {
    Matcher call = CALL.matcher(line);
    return call.find() ? call.group(1) : "";
  }

  private static void assumeStrace() throws IOException, InterruptedException {
    boolean usable;
    try {
      Process process =
          new ProcessBuilder("strace", "-o", "/dev/null", "true").redirectErrorStream(true).start();
      usable = process.waitFor() == 0;
    } catch (IOException e) {
      usable = false;
    }
    if (!usable) {
      System.err.println(
          "SKIPPED: strace is missing or may not trace; install it to run this test");
    }
    Assumptions.assumeTrue(usable, "strace is missing or may not trace");
  }
}
