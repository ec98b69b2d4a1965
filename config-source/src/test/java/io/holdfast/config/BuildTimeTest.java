package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.bootstrap.classloading.QuarkusClassLoader;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A build must never contact the store: what it read would be written into the artifact. */
class BuildTimeTest {
  private final ClassLoader own = getClass().getClassLoader();
  private final ClassLoader context = Thread.currentThread().getContextClassLoader();

  @BeforeEach
  void setUrl() {
    // Nothing listens there: whoever tries to connect fails, and the test with it.
    System.setProperty("holdfast.config.url", "etcd://127.0.0.1:1");
    System.setProperty("holdfast.config.startup-timeout", "200ms");
  }

  @AfterEach
  void restore() {
    System.clearProperty("holdfast.config.url");
    System.clearProperty("holdfast.config.startup-timeout");
    Thread.currentThread().setContextClassLoader(context);
  }

  private static List<ConfigSource> sources(ClassLoader loader) {
    Iterable<ConfigSource> found = new HoldfastConfigSourceProvider().getConfigSources(loader);
    return StreamSupport.stream(found.spliterator(), false).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Deployment Class Loader: PROD",
        "Deployment Class Loader: DEV",
        "Augmentation Class Loader: PROD",
        "Augmentation Class Loader: TEST"
      })
  void thereIsNoSourceWhileQuarkusBuilds(String name) {
    ClassLoader building = new QuarkusClassLoader(name, own);
    assertEquals(List.of(), sources(building));
    assertEquals(List.of(), sources(new ClassLoader("child", building) {}));
    Thread.currentThread().setContextClassLoader(building);
    assertEquals(List.of(), sources(own));
  }

  @Test
  void thereIsOneWhenTheApplicationRuns() {
    ClassLoader running = new QuarkusClassLoader("Quarkus Runtime ClassLoader: TEST", own);
    assertFalse(RuntimeKind.isBuilding(running));
    IllegalStateException absent =
        assertThrows(IllegalStateException.class, () -> sources(running));
    assertTrue(absent.getMessage().contains("127.0.0.1:1"), absent.getMessage());
  }

  @Test
  void theModeOfQuarkusIsTheProfile() {
    assertEquals(
        Optional.of("dev"),
        RuntimeKind.profile(new QuarkusClassLoader("Quarkus Runtime ClassLoader: DEV", own)));
    assertEquals(
        Optional.of("test"),
        RuntimeKind.profile(new QuarkusClassLoader("Quarkus Runtime ClassLoader: TEST", own)));
    assertEquals(Optional.empty(), RuntimeKind.profile(own));
  }
}
