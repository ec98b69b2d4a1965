package io.holdfast.config;

import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.ConfigSourceProvider;

/**
 * Found by every MicroProfile Config runtime; gives it the store as a source, if {@code
 * holdfast.config.url} is set.
 *
 * <p>Not marked safe for static initialisation, and silent while an application is built: values of
 * a store belong to the running application alone.
 */
public final class HoldfastConfigSourceProvider implements ConfigSourceProvider {
  /** Set while this thread reads the settings: a Config built for that needs no store. */
  private static final ThreadLocal<Boolean> READING = ThreadLocal.withInitial(() -> false);

  /** Made by the runtime. */
  public HoldfastConfigSourceProvider() {}

  /**
   * The store as a source, or nothing.
   *
   * @throws IllegalArgumentException if a setting is unusable
   * @throws IllegalStateException if the store does not answer and the application may not start
   *     without it
   */
  @Override
  public Iterable<ConfigSource> getConfigSources(ClassLoader forClassLoader) {
    ClassLoader loader = forClassLoader != null ? forClassLoader : contextClassLoader();
    if (READING.get()
        || RuntimeKind.isBuilding(loader)
        || RuntimeKind.isBuilding(contextClassLoader())) {
      return List.of();
    }
    return settings(loader).map(settings -> source(loader, settings)).stream().toList();
  }

  private static Optional<SourceSettings> settings(ClassLoader loader) {
    READING.set(true);
    try {
      Optional<String> runtimeProfile = RuntimeKind.profile(loader);
      return SourceSettings.read(OtherSources.lookup(loader, runtimeProfile), runtimeProfile);
    } finally {
      READING.remove();
    }
  }

  private static ConfigSource source(ClassLoader loader, SourceSettings settings) {
    LiveStore store = LiveStores.acquire(loader, settings);
    return hasSmallRye()
        ? new ProvenanceConfigSource(store, settings.ordinal())
        : new HoldfastConfigSource(store, settings.ordinal());
  }

  private static boolean hasSmallRye() {
    try {
      Class.forName(
          "io.smallrye.config.ConfigValueConfigSource",
          false,
          HoldfastConfigSourceProvider.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException otherImplementation) {
      return false;
    }
  }

  private static ClassLoader contextClassLoader() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context != null ? context : HoldfastConfigSourceProvider.class.getClassLoader();
  }
}
