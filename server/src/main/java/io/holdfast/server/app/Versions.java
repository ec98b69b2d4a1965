package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flags;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version of this program, as the build wrote it, and of the API it speaks. */
final class Versions {
  private static final String RESOURCE = "/io/holdfast/server/version.properties";

  private Versions() {}

  /** The product's own version. */
  static String product() {
    Properties properties = new Properties();
    try (InputStream resource = Versions.class.getResourceAsStream(RESOURCE)) {
      if (resource != null) {
        properties.load(resource);
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    String version = properties.getProperty("version", "");
    return version.isEmpty() || version.startsWith("$") ? "unversioned" : version;
  }

  /** The lines of {@code --version}; scripts that know etcd look for the second. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "Holdfast Version: " + product(),
        "etcd Version: " + Flags.REPORTED_ETCD_VERSION.defaultValue(),
        "Java Version: " + Runtime.version()
      };
    }
  }
}
