package io.holdfast.server.app.log;

import io.holdfast.server.error.StartupException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.Level;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.Logger;
import org.jboss.logmanager.handlers.OutputStreamHandler;

/**
 * Sends every message of the process to the outputs that the flags name, from before the framework
 * starts until after it has stopped. The framework's own console is switched off in
 * application.properties, so that nothing is written twice or in another form.
 */
public final class Logs {
  private Logs() {}

  /**
   * Takes over the root logger.
   *
   * @param level etcd's word: debug, info, warn, error, panic, fatal
   * @param format json or console
   * @param outputs default (stderr), stderr, stdout or paths of files
   * @param rotation how files are set aside; empty when they only grow
   * @throws StartupException when a file cannot be opened for appending
   */
  public static void install(
      String level, String format, List<String> outputs, Optional<LogRotation> rotation) {
    List<Handler> handlers = new ArrayList<>();
    for (String output : outputs) {
      ExtFormatter formatter =
          format.equals("json") ? new JsonLineFormatter() : new ConsoleLineFormatter();
      OutputStreamHandler handler = new OutputStreamHandler(open(output, rotation), formatter);
      handler.setAutoFlush(true);
      handler.setLevel(Level.ALL);
      handlers.add(handler);
    }
    Logger root = LogContext.getLogContext().getLogger("");
    for (Handler old : root.getHandlers()) {
      root.removeHandler(old);
    }
    handlers.forEach(root::addHandler);
    root.setLevel(LogWords.level(level));
  }

  /**
   * Changes the level while the process runs.
   *
   * @param level as {@link #install} takes it
   */
  public static void changeLevel(String level) {
    LogContext.getLogContext().getLogger("").setLevel(LogWords.level(level));
  }

  /** The level in force: debug, info, warn or error. */
  static String level() {
    return LogWords.level(LogContext.getLogContext().getLogger("").getLevel());
  }

  /** The level's word for the framework's own setting, so that it does not undo ours. */
  public static String frameworkLevel(String level) {
    return LogWords.level(level).getName();
  }

  /** Whether an output of the flags is a path. */
  public static boolean isFile(String output) {
    return !Set.of("default", "stderr", "stdout").contains(output);
  }

  private static OutputStream open(String output, Optional<LogRotation> rotation) {
    return switch (output) {
      case "default", "stderr" -> new FileOutputStream(FileDescriptor.err);
      case "stdout" -> new FileOutputStream(FileDescriptor.out);
      default -> openFile(output, rotation);
    };
  }

  private static OutputStream openFile(String path, Optional<LogRotation> rotation) {
    try {
      if (rotation.isPresent()) {
        return new RotatingFile(
            Path.of(path),
            rotation.get(),
            Clock.systemDefaultZone(),
            tidying(),
            line -> System.err.println("holdfast: " + line));
      }
      return Files.newOutputStream(
          Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException | IllegalArgumentException unusable) {
      throw new StartupException(
          "--log-outputs="
              + path
              + ": cannot be opened for writing; check the path and its permissions",
          unusable);
    }
  }

  private static Executor tidying() {
    return Executors.newSingleThreadExecutor(
        work -> {
          Thread thread = new Thread(work, "holdfast-log-tidying");
          thread.setDaemon(true);
          return thread;
        });
  }
}
