package io.holdfast.server.app.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.logging.Level;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;

class LogFormatTest {
  @Test
  void aLineIsOneJsonObjectWithEtcdsKeys() {
    ExtLogRecord entry = entry(Level.WARNING, "a \"quoted\"\nline \u0001 \uD83D\uDE00 \uD800!");
    String line = new JsonLineFormatter().format(entry);
    assertEquals(1, line.lines().count());
    JsonObject json = JsonParser.parseString(line).getAsJsonObject();
    assertEquals("warn", json.get("level").getAsString());
    assertEquals("node/RaftNode", json.get("caller").getAsString());
    assertEquals("1970-01-01T00:00:01.500000Z", json.get("ts").getAsString());
    assertEquals(entry.getMessage(), json.get("msg").getAsString());
  }

  @Test
  void failuresCarryTheirStack() {
    ExtLogRecord entry = entry(Level.SEVERE, "it broke");
    entry.setThrown(new IllegalStateException("why"));
    JsonObject json =
        JsonParser.parseString(new JsonLineFormatter().format(entry)).getAsJsonObject();
    assertEquals("error", json.get("level").getAsString());
    assertEquals("java.lang.IllegalStateException: why", json.get("error").getAsString());
    assertTrue(json.get("stacktrace").getAsString().contains("LogFormatTest"));
  }

  @Test
  void consoleLinesAreForPeople() {
    String line = new ConsoleLineFormatter().format(entry(Level.INFO, "hello"));
    assertTrue(line.endsWith("  INFO   node/RaftNode  hello\n"), line);
  }

  private static ExtLogRecord entry(Level level, String message) {
    ExtLogRecord entry =
        new ExtLogRecord(
            level, message, ExtLogRecord.FormatStyle.NO_FORMAT, LogFormatTest.class.getName());
    entry.setLoggerName("io.holdfast.server.node.RaftNode");
    entry.setMillis(1_500);
    return entry;
  }
}
