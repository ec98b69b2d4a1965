package io.holdfast.server.app.log;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/** Lines for people: local time, level, place, message. */
final class ConsoleLineFormatter extends ExtFormatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  @Override
  public String format(ExtLogRecord entry) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(Instant.ofEpochMilli(entry.getMillis()), line);
    String level = LogWords.level(entry.getLevel()).toUpperCase(Locale.ROOT);
    line.append("  ").append(level).append(level.length() < 5 ? "   " : "  ");
    line.append(LogWords.caller(entry.getLoggerName())).append("  ");
    line.append(entry.getFormattedMessage());
    entry
        .getMdcCopy()
        .forEach((key, value) -> line.append("  ").append(key).append('=').append(value));
    line.append('\n');
    if (entry.getThrown() != null) {
      line.append(LogWords.stackTrace(entry.getThrown()));
    }
    return line.toString();
  }
}
