package io.holdfast.server.raft.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Replays the scenarios of {@code src/test/resources/raft/scenario}. Each is a text to be read: a
 * comment says what it shows, lines with "&gt; " are commands, the indented lines below are what
 * the cores did. {@code -Dholdfast.scenario.rewrite=true} writes them anew, to be reviewed as a
 * diff.
 */
class ScenarioTest {
  private static final Path DIRECTORY = Path.of("src/test/resources/raft/scenario");
  private static final boolean REWRITE = Boolean.getBoolean("holdfast.scenario.rewrite");

  @TestFactory
  Stream<DynamicTest> scenarios() throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.list(DIRECTORY)) {
      files = listed.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    assertFalse(files.isEmpty(), "there are scenarios");
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    List<String> written = Files.readAllLines(file);
    Scenario scenario = new Scenario();
    List<String> played = new ArrayList<>();
    for (String line : written) {
      if (line.startsWith("  ")) {
        continue;
      }
      played.add(line);
      if (line.startsWith("> ")) {
        scenario.run(line.substring(2)).forEach(effect -> played.add("  " + effect));
      }
    }
    if (REWRITE) {
      Files.write(file, played);
    } else {
      assertEquals(String.join("\n", written), String.join("\n", played), file.toString());
    }
  }
}
