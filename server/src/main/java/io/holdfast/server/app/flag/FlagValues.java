package io.holdfast.server.app.flag;

import io.holdfast.server.app.flag.Flag.Support;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The values of all flags for one start, checked one by one: those given, and the defaults of the
 * rest. Immutable.
 */
public final class FlagValues {
  private static final String VARIABLE_PREFIX = "ETCD_";

  private final Map<String, String> given;
  private final List<String> warnings;

  private FlagValues(Map<String, String> given, List<String> warnings) {
    this.given = Map.copyOf(given);
    this.warnings = List.copyOf(warnings);
  }

  /**
   * Takes what the command line gave, then for the rest the {@code ETCD_} variables. Variables that
   * name no flag, and empty ones, are ignored, as etcd does.
   *
   * @throws UsageException when a value is unusable or a refused flag is set
   */
  public static FlagValues of(Map<String, String> commandLine, Map<String, String> environment) {
    Optional<String> file = configFile(commandLine, environment);
    if (file.isPresent()) {
      Map<String, String> fromFile = ConfigFile.read(file.get());
      List<String> warnings = new ArrayList<>();
      for (String name : commandLine.keySet()) {
        if (!name.equals(Flags.CONFIG_FILE.name())) {
          warnings.add("flag --" + name + " is ignored because a configuration file is given");
        }
      }
      return checked(fromFile, warnings);
    }
    Map<String, String> values = new LinkedHashMap<>(commandLine);
    for (Flag flag : Flags.all()) {
      String value = environment.getOrDefault(flag.environmentName(), "");
      if (!value.isEmpty()) {
        values.putIfAbsent(flag.name(), value);
      }
    }
    return checked(values, new ArrayList<>());
  }

  private static Optional<String> configFile(
      Map<String, String> commandLine, Map<String, String> environment) {
    String variable = environment.getOrDefault(VARIABLE_PREFIX + "CONFIG_FILE", "");
    String path = commandLine.getOrDefault(Flags.CONFIG_FILE.name(), variable);
    return path.isEmpty() ? Optional.empty() : Optional.of(path);
  }

  private static FlagValues checked(Map<String, String> given, List<String> warnings) {
    Map<String, String> values = new LinkedHashMap<>(given);
    given.forEach(
        (name, value) -> {
          Flag flag = Flags.find(name).orElseThrow(() -> FlagNames.unknown("--" + name));
          flag.check(value);
          boolean changed = !value.isEmpty() && !value.equals(flag.defaultValue());
          if (flag.support() == Support.REFUSED && changed) {
            throw new UsageException(
                "--" + name + "=" + value + " is refused: " + flag.text() + "; remove the flag");
          }
          if (flag.support() == Support.OLD_NAME) {
            String now = name.substring(Flag.EXPERIMENTAL.length());
            warnings.add("flag --" + name + " is an older name; write --" + now);
            values.putIfAbsent(now, value);
          }
          if (flag.support() == Support.INERT) {
            warnings.add("flag --" + name + " has no effect: " + flag.text());
          }
        });
    return new FlagValues(values, warnings);
  }

  /** One line for each flag that was given and does nothing. */
  public List<String> warnings() {
    return warnings;
  }

  /** Whether the operator gave the flag, by whatever way. */
  public boolean isGiven(Flag flag) {
    return given.containsKey(flag.name());
  }

  public String text(Flag flag) {
    return given.getOrDefault(flag.name(), flag.defaultValue());
  }

  public boolean bool(Flag flag) {
    return FlagType.Bool.parse(text(flag));
  }

  public long whole(Flag flag) {
    return Long.parseLong(text(flag).strip());
  }

  public Duration duration(Flag flag) {
    return GoDuration.parse(text(flag))
        .orElseThrow(() -> new IllegalStateException("unchecked duration of --" + flag.name()));
  }

  public List<MemberUrl> urls(Flag flag) {
    return MemberUrl.list(text(flag));
  }
}
