package io.holdfast.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The sources that hold this source's own settings: system properties, the environment, {@code
 * META-INF/microprofile-config.properties}, and the {@code application.properties} of Quarkus, in
 * the application and in {@code config/} beside it.
 *
 * <p>They are read through a Config of their own. The application's Config is never asked: it is
 * being built at this moment, and would ask this source in turn.
 */
final class OtherSources {
  private static final String FILE = "application.properties";

  private OtherSources() {}

  /** Answers settings by key; those of a profile ({@code %prod.key}) first. */
  static Function<String, Optional<String>> lookup(
      ClassLoader loader, Optional<String> runtimeProfile) {
    Config config =
        ConfigProviderResolver.instance()
            .getBuilder()
            .forClassLoader(loader)
            .addDefaultSources()
            .withSources(
                new FileSource("application.properties beside the application", 260, beside()),
                new FileSource("application.properties of the application", 250, within(loader)))
            .build();
    Optional<String> profile =
        config
            .getOptionalValue("quarkus.profile", String.class)
            .or(() -> config.getOptionalValue("smallrye.config.profile", String.class))
            .or(() -> config.getOptionalValue("mp.config.profile", String.class))
            .or(() -> runtimeProfile);
    List<String> profiles = profile.map(text -> List.of(text.split(","))).orElse(List.of());
    return key -> {
      for (int index = profiles.size() - 1; index >= 0; index--) {
        Optional<String> ofProfile =
            config.getOptionalValue("%" + profiles.get(index).strip() + "." + key, String.class);
        if (ofProfile.isPresent()) {
          return ofProfile;
        }
      }
      return config.getOptionalValue(key, String.class);
    };
  }

  private static Map<String, String> beside() {
    Path file = Path.of("config", FILE);
    if (!Files.isReadable(file)) {
      return Map.of();
    }
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      return read(in);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("the file " + file + " cannot be read", unreadable);
    }
  }

  private static Map<String, String> within(ClassLoader loader) {
    Map<String, String> all = new HashMap<>();
    try {
      List<URL> resources = Collections.list(loader.getResources(FILE));
      // The first on the class path wins.
      Collections.reverse(resources);
      for (URL resource : resources) {
        try (InputStream in = resource.openStream()) {
          all.putAll(read(new InputStreamReader(in, StandardCharsets.UTF_8)));
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException("an " + FILE + " cannot be read", unreadable);
    }
    return all;
  }

  private static Map<String, String> read(Reader in) throws IOException {
    Properties properties = new Properties();
    properties.load(in);
    Map<String, String> values = new HashMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> values.put(name, properties.getProperty(name)));
    return values;
  }

  private record FileSource(String name, int ordinal, Map<String, String> values)
      implements ConfigSource {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public int getOrdinal() {
      return ordinal;
    }

    @Override
    public Set<String> getPropertyNames() {
      return values.keySet();
    }

    @Override
    public String getValue(String propertyName) {
      return values.get(propertyName);
    }
  }
}
