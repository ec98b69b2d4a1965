package io.holdfast.compatibility;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of random calls to etcd and to Holdfast, every field of every answer compared.
 *
 * <p>Settings: {@code holdfast.differential.operations} (how many calls), {@code .seed}, {@code
 * .first} (number of the first script), {@code .script} (a file with one script to run instead),
 * {@code holdfast.peer.etcd} (another etcd), {@code .page} (a file to write the results into, such
 * as {@code docs/compatibility.md}).
 */
class DifferentialIT {
  private static final long OPERATIONS = Long.getLong("holdfast.differential.operations", 20_000);
  private static final long SEED = Long.getLong("holdfast.differential.seed", 1);
  private static final long FIRST = Long.getLong("holdfast.differential.first", 0);

  @TempDir(factory = MemoryDirectory.class)
  static Path directory;

  @Test
  void holdfastAnswersAsEtcdDoes() throws IOException {
    assumeTrue(Programs.available("etcd"));
    long begin = System.nanoTime();
    try (Differential differential = Differential.start(directory)) {
      String file = System.getProperty("holdfast.differential.script");
      if (file == null) {
        differential.run(SEED, FIRST, OPERATIONS);
      } else {
        List<Step> script =
            Files.readAllLines(Path.of(file)).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Step::parse)
                .toList();
        differential.run(script, false, file);
      }
      long seconds = (System.nanoTime() - begin) / 1_000_000_000;
      Ledger ledger = differential.ledger();
      System.out.printf(
          "%d operations (seed %d) and %d events compared with etcd %s in %d s%n",
          ledger.operations(), SEED, ledger.events(), Arena.etcdVersion(), seconds);
      String page = System.getProperty("holdfast.differential.page");
      if (page != null && differential.findings().isEmpty()) {
        CompatibilityPage.write(Path.of(page), Arena.etcdVersion(), SEED, ledger);
      }
      assertTrue(
          differential.findings().isEmpty(),
          () ->
              "Holdfast answers otherwise than etcd. To run a script again, save it and give its"
                  + " file with -Dholdfast.differential.script=\n"
                  + Symbols.LEGEND
                  + String.join("\n", differential.findings()));
    }
  }
}
