package io.holdfast.server.app;

import io.holdfast.server.app.log.Logs;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.ops.WorkTimings;
import io.quarkus.runtime.Quarkus;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The life of one member's process, from its options to its exit code: looks at the ports, sets the
 * member going, boots the framework beside it, and hands over to {@link MemberApplication}, which
 * it reaches through {@link #options()} and {@link #member()}.
 */
final class ServerProcess {
  private static final Logger LOG = System.getLogger(ServerProcess.class.getName());
  private static final AtomicReference<ServerOptions> OPTIONS = new AtomicReference<>();
  private static final AtomicReference<String> HTTP_SERVER = new AtomicReference<>();
  private static final AtomicReference<TlsSetup> TLS = new AtomicReference<>();
  private static final AtomicReference<MemberStart> MEMBER = new AtomicReference<>();
  private static final WorkTimings TIMINGS = new WorkTimings();

  private ServerProcess() {}

  /**
   * Runs a member until it is told to stop.
   *
   * @return the process's exit code when the start failed; otherwise the process ends inside
   * @throws StartupException when the start failed before the framework took over
   */
  static int run(ServerOptions options) {
    ServerOptions.Logging logging = options.logging();
    Logs.install(logging.level(), logging.format(), logging.outputs(), logging.rotation());
    TIMINGS.warnAfter(logging.slowApply());
    options.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
    Ports.check(options);
    OPTIONS.set(options);
    TLS.set(TlsSetup.load(options));
    configureFramework(options);
    LOG.log(Level.INFO, greeting(options));
    MEMBER.set(MemberStart.begin(options, TLS.get(), TIMINGS));
    Failure failure = new Failure();
    Quarkus.run(MemberApplication.class, failure::report);
    MEMBER.get().abandon();
    return failure.exitCode();
  }

  /** What this process was asked for. */
  static ServerOptions options() {
    return OPTIONS.get();
  }

  /** The member that is being started. */
  static MemberStart member() {
    return MEMBER.get();
  }

  /** Where the member's disk times are recorded. */
  static WorkTimings timings() {
    return TIMINGS;
  }

  private static String greeting(ServerOptions options) {
    return "starting Holdfast "
        + Versions.product()
        + " (etcd API "
        + options.reportedEtcdVersion()
        + ", Java "
        + Runtime.version()
        + "): member "
        + options.name()
        + " of "
        + options.initialCluster().size()
        + ", data in "
        + options.dataDir();
  }

  /** What depends on flags; the rest stands in application.properties. */
  private static void configureFramework(ServerOptions options) {
    System.setProperty("quarkus.log.level", Logs.frameworkLevel(options.logging().level()));
    HTTP_SERVER.set(nameInWritableFolder(options));
    System.setProperty("quarkus.http.domain-socket", HTTP_SERVER.get());
  }

  /** What protects the process's connections. */
  static TlsSetup tls() {
    return TLS.get();
  }

  /** The name under which the HTTP server is found inside the process; it has no port. */
  static String httpServer() {
    return HTTP_SERVER.get();
  }

  /**
   * No such file is ever made, but the framework takes the name for one and complains unless there
   * is a folder that could hold it.
   */
  private static String nameInWritableFolder(ServerOptions options) {
    Path folder = options.dataDir();
    while (folder.getParent() != null && !Files.isDirectory(folder)) {
      folder = folder.getParent();
    }
    return folder.resolve("holdfast-http").toString();
  }

  /** Turns a failed start of the framework into one line and a code. */
  private static final class Failure {
    private int exitCode;

    void report(int code, Throwable cause) {
      exitCode = code;
      if (cause != null) {
        Throwable root = cause;
        while (root.getCause() != null) {
          root = root.getCause();
        }
        System.err.println("holdfast: cannot start: " + root);
      }
    }

    int exitCode() {
      return exitCode;
    }
  }
}
