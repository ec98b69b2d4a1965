package io.holdfast.server.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A chunk of seeds that no run has had yet, as long as wanted (-Dholdfast.soak.seconds, 600 by
 * default; -Dholdfast.soak.threads), written into the ledger. Not part of the build: {@code ./mvnw
 * -Psoak}.
 */
class ServerSimulationSoak {
  private static final int THREADS =
      Integer.getInteger("holdfast.soak.threads", Runtime.getRuntime().availableProcessors());

  @Test
  void runsAChunk() throws IOException {
    SimulationRun.quiet();
    SoakLedger ledger =
        new SoakLedger(
            Path.of(System.getProperty("holdfast.soak.ledger", "../docs/reliability.md")));
    long first = ledger.nextSeed();
    long end =
        System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("holdfast.soak.seconds", 600));
    long next = first;
    double hours = 0;
    List<String> red = new ArrayList<>();
    while (System.nanoTime() < end && red.isEmpty()) {
      try {
        hours +=
            SimulationRun.sum(
                    SimulationRun.outcomes(
                        LongStream.range(next, next + THREADS), Weather.sixHours(), THREADS))
                .simulatedHours();
      } catch (AssertionError violation) {
        red.add(violation.getMessage());
      }
      next += THREADS;
    }
    String result = red.isEmpty() ? "no violation" : "RED: " + red.get(0).lines().findFirst().get();
    ledger.add(LocalDate.now(ZoneOffset.UTC).toString(), commit(), first, next - 1, hours, result);
    System.out.printf(
        "%d seeds, %.2f hours, %.2f in the ledger now: %s%n",
        next - first, hours, ledger.hours(), result);
    if (!red.isEmpty()) {
      throw new AssertionError(red.get(0));
    }
  }

  private static String commit() throws IOException {
    java.lang.Process git =
        new ProcessBuilder("git", "rev-parse", "--short", "HEAD").redirectErrorStream(true).start();
    return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
  }
}
