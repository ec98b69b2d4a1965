package io.holdfast.config;

import java.util.Optional;

/**
 * What can be told of the runtime from its class loaders alone.
 *
 * <p>Quarkus builds the application's configuration at build time too, and writes values that it
 * finds into the artifact. A store's values, secrets among them, must never get there; so there is
 * no source while Quarkus builds. Its class loaders are known by their names, without any
 * dependency on it.
 */
final class RuntimeKind {
  private static final String QUARKUS_LOADER =
      "io.quarkus.bootstrap.classloading.QuarkusClassLoader";
  private static final String QUARKUS_PRODUCTION_LOADER =
      "io.quarkus.bootstrap.runner.RunnerClassLoader";

  private RuntimeKind() {}

  /** Whether this class loader, or one of its parents, serves the build of an application. */
  static boolean isBuilding(ClassLoader loader) {
    for (ClassLoader one = loader; one != null; one = one.getParent()) {
      String name = one.getName() == null ? "" : one.getName();
      boolean quarkus = one.getClass().getName().equals(QUARKUS_LOADER);
      if (quarkus && (name.startsWith("Deployment") || name.startsWith("Augmentation"))) {
        return true;
      }
    }
    return false;
  }

  /** The profile of the mode that Quarkus runs in; empty on other runtimes. */
  static Optional<String> profile(ClassLoader loader) {
    for (ClassLoader one = loader; one != null; one = one.getParent()) {
      String type = one.getClass().getName();
      String name = one.getName() == null ? "" : one.getName();
      if (type.equals(QUARKUS_PRODUCTION_LOADER)) {
        return Optional.of("prod");
      }
      if (type.equals(QUARKUS_LOADER) && name.endsWith("DEV")) {
        return Optional.of("dev");
      }
      if (type.equals(QUARKUS_LOADER) && name.endsWith("TEST")) {
        return Optional.of("test");
      }
    }
    return Optional.empty();
  }
}
