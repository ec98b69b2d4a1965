package io.holdfast.server.app;

import io.holdfast.server.app.log.Logs;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicReference;

/** The life of one member's process, from its options to its exit code. */
final class ServerProcess {
  private static final Logger LOG = System.getLogger(ServerProcess.class.getName());
  private static final AtomicReference<ServerOptions> OPTIONS = new AtomicReference<>();

  private ServerProcess() {}

  /** Runs a member until it is told to stop; returns the process's exit code. */
  static int run(ServerOptions options) {
    ServerOptions.Logging logging = options.logging();
    Logs.install(logging.level(), logging.format(), logging.outputs());
    options.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
    OPTIONS.set(options);
    System.setProperty("quarkus.log.level", Logs.frameworkLevel(logging.level()));
    Quarkus.run(App.class, (code, failure) -> {});
    return 0;
  }

  /** What the framework runs once it is up. */
  public static final class App implements QuarkusApplication {
    @Override
    public int run(String... arguments) {
      Quarkus.waitForExit();
      return 0;
    }
  }
}
