package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the table of {@code docs/config-source.md} to the list of settings. Run with {@code
 * -Dholdfast.docs.write=true} to write the table anew.
 */
class SettingsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "config-source.md");
  private static final String HEAD = "| Setting | Default | Meaning |\n|---|---|---|\n";

  @Test
  void thePageTellsWhatTheCodeDoes() throws IOException {
    String page = Files.readString(PAGE);
    if (Boolean.getBoolean("holdfast.docs.write")) {
      int start = page.indexOf(HEAD);
      int end = page.indexOf("\n\n", start) + 1;
      page = page.substring(0, start) + table() + page.substring(end);
      Files.writeString(PAGE, page);
    }
    assertTrue(
        page.contains(table() + "\n"),
        "docs/config-source.md is out of date; run this test with -Dholdfast.docs.write=true");
  }

  private static String table() {
    return HEAD
        + Stream.of(ConfigSetting.values())
            .map(
                setting ->
                    "| `%s` | %s | %s |\n"
                        .formatted(
                            setting.key(),
                            setting.defaultValue().isEmpty()
                                ? ""
                                : "`" + setting.defaultValue() + "`",
                            setting.description()))
            .collect(Collectors.joining());
  }
}
