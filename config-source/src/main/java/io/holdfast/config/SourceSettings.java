package io.holdfast.config;

import io.holdfast.driver.DriverProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one application asked of the source, checked.
 *
 * @param url the store's URL
 * @param driverProperties further properties of the connection, by name; may hold a password
 * @param layers the keys that concern this application
 * @param startEmpty whether to start without a store that does not answer
 * @param startupTimeout how long to wait for it
 * @param ordinal the rank among the sources
 * @param keysMax how many keys may be held
 */
record SourceSettings(
    String url,
    Map<String, String> driverProperties,
    Layers layers,
    boolean startEmpty,
    Duration startupTimeout,
    int ordinal,
    int keysMax) {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final List<String> PROFILE_KEYS =
      List.of("quarkus.profile", "smallrye.config.profile", "mp.config.profile");

  /**
   * Reads the settings.
   *
   * @param lookup answers the value of a key in the other sources, if they have one
   * @param runtimeProfile the profile of the runtime's mode, if none is set
   * @return empty if the source is off
   * @throws IllegalArgumentException if a setting is unusable
   */
  static Optional<SourceSettings> read(
      Function<String, Optional<String>> lookup, Optional<String> runtimeProfile) {
    Optional<String> url = value(lookup, ConfigSetting.URL);
    if (url.isEmpty() || !isEnabled(lookup)) {
      return Optional.empty();
    }
    Optional<String> application =
        lookup
            .apply(ConfigSetting.APPLICATION.key())
            .or(() -> lookup.apply("quarkus.application.name"))
            .filter(name -> !name.isBlank());
    Layers layers =
        Layers.of(
            value(lookup, ConfigSetting.PREFIX).orElse(""),
            application,
            profiles(lookup, runtimeProfile));
    return Optional.of(
        new SourceSettings(
            url.get(),
            driverProperties(lookup),
            layers,
            isStartEmpty(lookup),
            startupTimeout(lookup),
            number(lookup, ConfigSetting.ORDINAL, Integer.MIN_VALUE),
            number(lookup, ConfigSetting.KEYS_MAX, 1)));
  }

  private static Optional<String> value(
      Function<String, Optional<String>> lookup, ConfigSetting setting) {
    return Optional.of(lookup.apply(setting.key()).orElse(setting.defaultValue()).strip())
        .filter(text -> !text.isEmpty());
  }

  private static boolean isEnabled(Function<String, Optional<String>> lookup) {
    String text = value(lookup, ConfigSetting.ENABLED).orElse("true");
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw unusable(ConfigSetting.ENABLED, "must be true or false", text);
    };
  }

  private static boolean isStartEmpty(Function<String, Optional<String>> lookup) {
    String text = value(lookup, ConfigSetting.ON_ABSENT).orElse("fail");
    return switch (text) {
      case "fail" -> false;
      case "start-empty" -> true;
      default -> throw unusable(ConfigSetting.ON_ABSENT, "must be fail or start-empty", text);
    };
  }

  private static Duration startupTimeout(Function<String, Optional<String>> lookup) {
    String text = value(lookup, ConfigSetting.STARTUP_TIMEOUT).orElse("");
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw unusable(
          ConfigSetting.STARTUP_TIMEOUT, "must be a number with a unit, such as 10s", text);
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      default -> Duration.ofMinutes(amount);
    };
  }

  private static int number(
      Function<String, Optional<String>> lookup, ConfigSetting setting, int min) {
    String text = value(lookup, setting).orElse("");
    try {
      int number = Integer.parseInt(text);
      if (number >= min) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // The message below says what is expected.
    }
    throw unusable(
        setting, min == 1 ? "must be a whole number above 0" : "must be a whole number", text);
  }

  private static List<String> profiles(
      Function<String, Optional<String>> lookup, Optional<String> runtimeProfile) {
    Optional<String> text = lookup.apply(ConfigSetting.PROFILE.key());
    for (String key : PROFILE_KEYS) {
      text = text.or(() -> lookup.apply(key));
    }
    List<String> profiles = new ArrayList<>();
    for (String profile : text.or(() -> runtimeProfile).orElse("").split(",")) {
      if (!profile.isBlank()) {
        profiles.add(profile.strip());
      }
    }
    return profiles;
  }

  private static Map<String, String> driverProperties(Function<String, Optional<String>> lookup) {
    String prefix = ConfigSetting.DRIVER_PREFIX.key().replace("*", "");
    Map<String, String> properties = new TreeMap<>();
    for (DriverProperty property : DriverProperty.values()) {
      lookup
          .apply(prefix + property.propertyName())
          .ifPresent(text -> properties.put(property.propertyName(), text));
    }
    return properties;
  }

  private static IllegalArgumentException unusable(
      ConfigSetting setting, String expected, String text) {
    return new IllegalArgumentException(
        "the setting " + setting.key() + " " + expected + ", but is `" + text + "`");
  }

  /** Shows no password. */
  @Override
  public String toString() {
    return "SourceSettings[" + url + ", " + layers + "]";
  }
}
