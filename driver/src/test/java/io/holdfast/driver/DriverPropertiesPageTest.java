package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/driver-properties.md} to the list of properties. Run with {@code
 * -Dholdfast.docs.write=true} to write the page anew.
 */
class DriverPropertiesPageTest {
  private static final Path PAGE = Path.of("..", "docs", "driver-properties.md");

  @Test
  void thePageTellsWhatTheCodeDoes() throws IOException {
    if (Boolean.getBoolean("holdfast.docs.write")) {
      Files.writeString(PAGE, page());
    }
    assertEquals(
        page(),
        Files.readString(PAGE),
        "docs/driver-properties.md is out of date; run this test with -Dholdfast.docs.write=true");
  }

  @Test
  void theDriverNamesTheSameProperties() {
    Driver driver = Drivers.installed().get(0);
    assertEquals(List.of(DriverProperty.values()), driver.properties());
    assertTrue(driver.acceptsUrl("etcd://localhost"));
    assertTrue(!driver.version().isBlank() && !driver.version().contains("$"));
  }

  private static String page() {
    return """
    # Properties of a connection

    A connection is opened with `Drivers.connect(url)` or `Drivers.connect(url, properties)`:

        etcd://[user@]host:port[,host:port...][/namespace][?property=value&...]

    The port is 2379 when none is given; an IPv6 address stands in brackets. Properties may stand in
    the URL or in the `java.util.Properties`; the URL wins. An unknown property is refused, and the
    message names the nearest one. Durations are a number and a unit: `ms`, `s`, `m` or `h`.

    | Property | Default | Meaning |
    |---|---|---|
    """
        + Stream.of(DriverProperty.values())
            .map(DriverPropertiesPageTest::row)
            .collect(Collectors.joining())
        + """

        # States of failures

        Every failure is a `HoldfastException` with a state of five characters, as SQL has them. A
        transient failure may well go away by itself; before repeating a write ask
        `outcomeUnknown()`, which tells whether it may have been executed already.

        | State | Name | Transient |
        |---|---|---|
        """
        + Stream.of(ErrorState.values())
            .map(
                state ->
                    "| `%s` | `%s` | %s |\n"
                        .formatted(state.code(), state.name(), state.isTransient() ? "yes" : "no"))
            .collect(Collectors.joining());
  }

  private static String row(DriverProperty property) {
    String shown = property.defaultValue().isEmpty() ? "" : "`" + property.defaultValue() + "`";
    return "| `%s` | %s | %s |\n".formatted(property.propertyName(), shown, property.description());
  }
}
