package io.holdfast.server.app.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Level;

/** The words of etcd's logs for what the JVM's log records carry. */
final class LogWords {
  private static final String OWN_PACKAGES = "io.holdfast.server.";

  private LogWords() {}

  static String level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return "error";
    }
    if (value >= Level.WARNING.intValue()) {
      return "warn";
    }
    return value >= Level.INFO.intValue() ? "info" : "debug";
  }

  /** The least level of the log manager that lets messages of etcd's level through. */
  static Level level(String word) {
    return switch (word) {
      case "debug" -> Level.FINE;
      case "info" -> Level.INFO;
      case "warn" -> Level.WARNING;
      default -> Level.SEVERE;
    };
  }

  /** Where a message comes from: {@code node/RaftNode} for our own classes. */
  static String caller(String loggerName) {
    if (loggerName == null || loggerName.isEmpty()) {
      return "holdfast";
    }
    return loggerName.startsWith(OWN_PACKAGES)
        ? loggerName.substring(OWN_PACKAGES.length()).replace('.', '/')
        : loggerName;
  }

  static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }
}
