package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of docs/client-api.md, run with curl as they stand there against the packaged
 * server: every command must print what the page says.
 */
class ClientApiGuideIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int EXAMPLES_MIN = 15;
  private static final Pattern FENCE = Pattern.compile("(?s)```console\\n(.*?)```");

  @TempDir Path directory;

  private record Example(String command, String output) {}

  @Test
  void theExamplesPrintWhatThePageSays() throws IOException {
    assumeTrue(Programs.available("curl"), "no curl to run the examples with");
    List<Example> examples = examples();
    assertTrue(examples.size() >= EXAMPLES_MIN, examples.size() + " examples");
    List<Executable> checks = new ArrayList<>();
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory)) {
      Map<String, String> environment = Map.of("H", "http://" + cluster.member(0).endpoint());
      for (Example example : examples) {
        String printed =
            Programs.run(List.of("bash", "-c", example.command()), environment, PATIENCE).out();
        checks.add(
            () ->
                assertEquals(
                    example.output().stripTrailing(), printed.stripTrailing(), example.command()));
      }
      if (Programs.available("etcdctl")) {
        Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
        checks.add(
            () ->
                assertEquals(
                    "app/colour\ngreen",
                    etcdctl.run("get", "app/colour").out().strip(),
                    "the same store by etcd's own client"));
      }
      assertAll(checks);
    }
  }

  private static List<Example> examples() throws IOException {
    Path root = Path.of(System.getProperty("holdfast.root", "../..")).toAbsolutePath();
    Matcher fences = FENCE.matcher(Files.readString(root.resolve("docs/client-api.md")));
    List<Example> examples = new ArrayList<>();
    while (fences.find()) {
      for (String part : fences.group(1).split("(?m)^\\$ ")) {
        int lineEnd = part.indexOf('\n');
        if (lineEnd > 0) {
          examples.add(new Example(part.substring(0, lineEnd), part.substring(lineEnd + 1)));
        }
      }
    }
    return examples;
  }
}
