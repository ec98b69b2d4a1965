package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.app.log.LogRotation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoggingOptionsReaderTest {
  private static final Map<String, String> ROTATED =
      Map.of("enable-log-rotation", "true", "log-outputs", "stderr, a.log");

  @Test
  void withoutFlagsNothingIsRotatedAndEtcdsLimitsHold() {
    ServerOptions.Logging logging = read(Map.of());
    assertEquals(Optional.empty(), logging.rotation());
    assertEquals(Duration.ofMillis(100), logging.slowApply());
    assertEquals(Duration.ofMillis(300), logging.slowRequest());
  }

  @Test
  void theDefaultsOfRotationAreEtcds() {
    ServerOptions.Logging logging = read(ROTATED);
    assertEquals(List.of("stderr", "a.log"), logging.outputs());
    assertEquals(
        Optional.of(new LogRotation(100 << 20, 0, Duration.ZERO, false, false)),
        logging.rotation());
  }

  @Test
  void everySettingIsRead() {
    assertEquals(
        Optional.of(new LogRotation(3 << 20, 5, Duration.ofDays(7), true, true)),
        read(with(
                "{\"maxsize\":3,\"maxage\":7,\"maxbackups\":5,\"localtime\":true,"
                    + "\"compress\":true}"))
            .rotation());
  }

  @Test
  void theLimitsHaveOlderNames() {
    FlagValues values =
        FlagValues.of(
            Map.of("experimental-warning-apply-duration", "2s"),
            Map.of("ETCD_EXPERIMENTAL_WARNING_UNARY_REQUEST_DURATION", "3s"));
    ServerOptions.Logging logging = new LoggingOptionsReader(values).read();
    assertEquals(Duration.ofSeconds(2), logging.slowApply());
    assertEquals(Duration.ofSeconds(3), logging.slowRequest());
    assertEquals(2, values.warnings().size(), values.warnings().toString());
    assertTrue(values.warnings().get(0).contains("write --warning-"), values.warnings().get(0));
  }

  @Test
  void thePresentNameBeatsTheOlderOne() {
    assertEquals(
        Duration.ofSeconds(1),
        read(Map.of("experimental-warning-apply-duration", "2s", "warning-apply-duration", "1s"))
            .slowApply());
  }

  @Test
  void anOlderNameTakesNoOtherValues() {
    refused(Map.of("experimental-warning-apply-duration", "soon"), "experimental-warning-apply");
  }

  @Test
  void rotationNeedsOneFile() {
    for (String outputs : List.of("stderr", "default", "a.log,b.log")) {
      refused(
          Map.of("enable-log-rotation", "true", "log-outputs", outputs),
          "--log-outputs=" + outputs + ": with --enable-log-rotation, give one file");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"maxsize\":|this is not JSON",
        "{\"maxsize\":-1}|maxsize is a whole number",
        "{\"maxsize\":\"5\"}|maxsize is a whole number",
        "{\"maxage\":1.5}|maxage is a whole number",
        "{\"maxbackups\":99999999999}|maxbackups is a whole number",
        "{\"compress\":1}|compress is true or false",
        "{\"maxsiez\":1}|did you mean maxsize?",
      })
  void unusableSettingsAreRefused(String json, String why) {
    refused(with(json), why);
  }

  private static Map<String, String> with(String json) {
    Map<String, String> flags = new HashMap<>(ROTATED);
    flags.put("log-rotation-config-json", json);
    return flags;
  }

  private static void refused(Map<String, String> flags, String why) {
    UsageException refusal = assertThrows(UsageException.class, () -> read(flags));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  private static ServerOptions.Logging read(Map<String, String> flags) {
    return new LoggingOptionsReader(FlagValues.of(flags, Map.of())).read();
  }
}
