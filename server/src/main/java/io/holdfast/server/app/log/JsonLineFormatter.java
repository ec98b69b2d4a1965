package io.holdfast.server.app.log;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * One JSON object a line with the keys that etcd's log readers know: {@code level, ts, caller,
 * msg}, then what the record carries besides, then {@code error} and {@code stacktrace}.
 */
final class JsonLineFormatter extends ExtFormatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  @Override
  public String format(ExtLogRecord entry) {
    StringBuilder line = new StringBuilder(256);
    line.append("{\"level\":\"").append(LogWords.level(entry.getLevel())).append("\",\"ts\":\"");
    TIME.formatTo(Instant.ofEpochMilli(entry.getMillis()), line);
    line.append('"');
    field(line, "caller", LogWords.caller(entry.getLoggerName()));
    field(line, "msg", String.valueOf(entry.getFormattedMessage()));
    for (Map.Entry<String, String> more : entry.getMdcCopy().entrySet()) {
      field(line, more.getKey(), more.getValue());
    }
    Throwable thrown = entry.getThrown();
    if (thrown != null) {
      field(line, "error", thrown.toString());
      field(line, "stacktrace", LogWords.stackTrace(thrown));
    }
    return line.append("}\n").toString();
  }

  private static void field(StringBuilder line, String name, String value) {
    line.append(",\"");
    escape(line, name);
    line.append("\":\"");
    escape(line, value);
    line.append('"');
  }

  private static void escape(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> line.append("\\\"");
        case '\\' -> line.append("\\\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (c < 0x20 || Character.isSurrogate(c) && !isPaired(text, i)) {
            line.append(String.format("\\u%04x", (int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
  }

  private static boolean isPaired(String text, int i) {
    char c = text.charAt(i);
    return Character.isHighSurrogate(c)
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
