package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagNames;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.app.log.LogRotation;
import io.holdfast.server.app.log.Logs;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Turns the flags about the log into options. */
final class LoggingOptionsReader {
  private static final String SIZE = "maxsize";
  private static final String AGE = "maxage";
  private static final String BACKUPS = "maxbackups";
  private static final String LOCAL_TIME = "localtime";
  private static final String COMPRESS = "compress";
  private static final List<String> SETTINGS = List.of(SIZE, AGE, BACKUPS, LOCAL_TIME, COMPRESS);
  private static final long BYTES_PER_MEGABYTE = 1 << 20;
  private static final int MEGABYTES_DEFAULT = 100;
  private static final int LARGEST = 1_000_000;

  private final FlagValues values;

  LoggingOptionsReader(FlagValues values) {
    this.values = values;
  }

  /**
   * @throws UsageException when outputs are unusable, or cannot be rotated as is asked for
   */
  ServerOptions.Logging read() {
    List<String> outputs =
        Arrays.stream(values.text(Flags.LOG_OUTPUTS).split(",")).map(String::strip).toList();
    if (outputs.stream().anyMatch(String::isEmpty)) {
      throw unusable(Flags.LOG_OUTPUTS, "give stderr, stdout or paths, with commas between");
    }
    return new ServerOptions.Logging(
        values.text(Flags.LOG_LEVEL),
        values.text(Flags.LOG_FORMAT),
        outputs,
        rotation(outputs),
        values.duration(Flags.WARNING_APPLY_DURATION),
        values.duration(Flags.WARNING_UNARY_REQUEST_DURATION));
  }

  private Optional<LogRotation> rotation(List<String> outputs) {
    if (!values.bool(Flags.ENABLE_LOG_ROTATION)) {
      return Optional.empty();
    }
    if (outputs.stream().filter(Logs::isFile).count() != 1) {
      throw unusable(Flags.LOG_OUTPUTS, "with --enable-log-rotation, give one file");
    }
    JsonObject settings = settings();
    for (String name : settings.fieldNames()) {
      if (!SETTINGS.contains(name)) {
        throw unusable(
            Flags.LOG_ROTATION_CONFIG_JSON,
            "there is no setting "
                + name
                + FlagNames.nearest(name, SETTINGS)
                    .map(near -> "; did you mean " + near + "?")
                    .orElse("; there are " + String.join(", ", SETTINGS)));
      }
    }
    int megabytes = number(settings, SIZE);
    return Optional.of(
        new LogRotation(
            (megabytes == 0 ? MEGABYTES_DEFAULT : megabytes) * BYTES_PER_MEGABYTE,
            number(settings, BACKUPS),
            Duration.ofDays(number(settings, AGE)),
            yes(settings, LOCAL_TIME),
            yes(settings, COMPRESS)));
  }

  private JsonObject settings() {
    try {
      return new JsonObject(values.text(Flags.LOG_ROTATION_CONFIG_JSON));
    } catch (DecodeException malformed) {
      throw unusable(
          Flags.LOG_ROTATION_CONFIG_JSON,
          "this is not JSON; write for example {\"maxsize\": 100, \"maxbackups\": 5}");
    }
  }

  private int number(JsonObject settings, String name) {
    Object value = settings.getValue(name, 0);
    if (value instanceof Integer number && number >= 0 && number <= LARGEST) {
      return number;
    }
    throw unusable(
        Flags.LOG_ROTATION_CONFIG_JSON, name + " is a whole number from 0 to " + LARGEST);
  }

  private boolean yes(JsonObject settings, String name) {
    if (settings.getValue(name, false) instanceof Boolean value) {
      return value;
    }
    throw unusable(Flags.LOG_ROTATION_CONFIG_JSON, name + " is true or false");
  }

  private UsageException unusable(Flag flag, String how) {
    return new UsageException("--" + flag.name() + "=" + values.text(flag) + ": " + how);
  }
}
