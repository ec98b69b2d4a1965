package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.KeyRange;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How settings are found, what they may be, and which keys follow from them. */
class SourceSettingsTest {
  private static Optional<SourceSettings> read(String... keysAndValues) {
    Map<String, String> values = new HashMap<>();
    values.put("holdfast.config.url", "etcd://h");
    for (int index = 0; index < keysAndValues.length; index += 2) {
      values.put(keysAndValues[index], keysAndValues[index + 1]);
    }
    return SourceSettings.read(key -> Optional.ofNullable(values.get(key)), Optional.empty());
  }

  @Test
  void hasDefaults() {
    SourceSettings settings = read().orElseThrow();
    assertEquals("config/application/", settings.layers().toString());
    assertEquals(Duration.ofSeconds(10), settings.startupTimeout());
    assertEquals(275, settings.ordinal());
    assertFalse(settings.startEmpty());
  }

  @Test
  void namesTheLayers() {
    SourceSettings settings =
        read("quarkus.application.name", "shop", "quarkus.profile", "prod").orElseThrow();
    assertEquals(
        "config/shop,prod/ > config/shop/ > config/application,prod/ > config/application/",
        settings.layers().toString());
    KeyRange range = settings.layers().range();
    assertEquals(Bytes.utf8("config/application,prod/"), range.key());
    assertEquals(Bytes.utf8("config/shop0"), range.rangeEnd());
    assertEquals(
        Optional.of(new Layers.Place(1, "a.b")),
        settings.layers().place(Bytes.utf8("config/shop/a/b")));
    assertEquals(Optional.empty(), settings.layers().place(Bytes.utf8("config/shop/")));
    assertEquals(Optional.empty(), settings.layers().place(Bytes.utf8("config/other/a")));
  }

  @Test
  void theSourcesOwnSettingsWin() {
    SourceSettings settings =
        read(
                "holdfast.config.application",
                "mine",
                "quarkus.application.name",
                "theirs",
                "holdfast.config.prefix",
                "teams/a")
            .orElseThrow();
    assertEquals("teams/a/mine/ > teams/a/application/", settings.layers().toString());
  }

  @Test
  void handsPropertiesToTheDriverAndShowsNoPassword() {
    SourceSettings settings =
        read(
                "holdfast.config.driver.user",
                "me",
                "holdfast.config.driver.password",
                "s3cret",
                "holdfast.config.driver.unknown",
                "x")
            .orElseThrow();
    assertEquals(Map.of("user", "me", "password", "s3cret"), settings.driverProperties());
    assertFalse(settings.toString().contains("s3cret"));
  }

  @ParameterizedTest
  @CsvSource({
    "holdfast.config.enabled, yes",
    "holdfast.config.on-absent, ignore",
    "holdfast.config.startup-timeout, 10",
    "holdfast.config.startup-timeout, 0s",
    "holdfast.config.ordinal, high",
    "holdfast.config.keys-max, 0"
  })
  void refusesWhatCannotBeMeant(String key, String value) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> read(key, value));
    assertTrue(refused.getMessage().contains(key), refused.getMessage());
    assertTrue(refused.getMessage().contains("`" + value + "`"), refused.getMessage());
  }

  @Test
  void refusesNamesThatWouldBreakTheLayers() {
    assertThrows(IllegalArgumentException.class, () -> read("holdfast.config.application", "a/b"));
  }

  @Test
  void findsSettingsInApplicationPropertiesOfTheProfile(@TempDir Path directory)
      throws IOException {
    Files.writeString(
        directory.resolve("application.properties"),
        """
        holdfast.config.url=etcd://${store.host:localhost}
        holdfast.config.application=plain
        %prod.holdfast.config.application=special
        """);
    URL[] path = {directory.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, getClass().getClassLoader())) {
      SourceSettings prod =
          SourceSettings.read(OtherSources.lookup(loader, Optional.of("prod")), Optional.of("prod"))
              .orElseThrow();
      assertEquals("etcd://localhost", prod.url());
      assertTrue(prod.layers().toString().startsWith("config/special,prod/"));
      SourceSettings none =
          SourceSettings.read(OtherSources.lookup(loader, Optional.empty()), Optional.empty())
              .orElseThrow();
      assertTrue(none.layers().toString().startsWith("config/plain/"));
    }
  }
}
