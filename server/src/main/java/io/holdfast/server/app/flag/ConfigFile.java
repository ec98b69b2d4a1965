package io.holdfast.server.app.flag;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The YAML file of {@code --config-file}, as etcd reads it: flags' names as keys, the two sections
 * {@code client-transport-security} and {@code peer-transport-security}, durations also as whole
 * nanoseconds. Only plain values are built from it, never objects.
 */
final class ConfigFile {
  private static final int BYTES_MAX = 1 << 20;

  private ConfigFile() {}

  /**
   * @return values by flag's name, not yet checked
   * @throws UsageException when the file cannot be read or holds a key that is no flag
   */
  static Map<String, String> read(String path) {
    return parse(path, contentOf(path));
  }

  static Map<String, String> parse(String path, String content) {
    Object root;
    try {
      LoaderOptions options = new LoaderOptions();
      options.setCodePointLimit(BYTES_MAX);
      options.setMaxAliasesForCollections(10);
      options.setNestingDepthLimit(10);
      options.setAllowDuplicateKeys(false);
      root = new Yaml(new SafeConstructor(options)).load(content);
    } catch (MarkedYAMLException broken) {
      throw new UsageException(
          path
              + ": not YAML at line "
              + (broken.getProblemMark() == null ? 1 : broken.getProblemMark().getLine() + 1)
              + ": "
              + broken.getProblem());
    } catch (YAMLException broken) {
      throw new UsageException(
          path + ": not YAML: " + broken.getMessage().lines().findFirst().orElse(""));
    }
    Map<String, String> values = new LinkedHashMap<>();
    if (root instanceof Map<?, ?> map) {
      map.forEach((key, value) -> add(path, values, String.valueOf(key), value));
    } else if (root != null) {
      throw new UsageException(path + ": expected lines of the form \"flag-name: value\"");
    }
    return values;
  }

  private static void add(String path, Map<String, String> values, String key, Object value) {
    boolean client = key.equals("client-transport-security");
    if ((client || key.equals("peer-transport-security")) && value instanceof Map<?, ?> section) {
      section.forEach(
          (name, inner) -> add(path, values, (client ? "" : "peer-") + flagOf(name), inner));
      return;
    }
    if (value == null) {
      return;
    }
    Flag flag =
        Flags.find(key)
            .orElseThrow(
                () ->
                    new UsageException(
                        path
                            + ": unknown key "
                            + key
                            + FlagNames.nearest(key)
                                .map(near -> "; did you mean " + near + "?")
                                .orElse("")));
    values.put(key, textOf(path, flag, value));
  }

  /** Inside the sections two names differ from their flags. */
  private static String flagOf(Object name) {
    return switch (String.valueOf(name)) {
      case "allowed-cn", "allowed-hostname" -> "cert-" + name;
      default -> String.valueOf(name);
    };
  }

  private static String textOf(String path, Flag flag, Object value) {
    if (value instanceof Map<?, ?>) {
      throw new UsageException(path + ": " + flag.name() + " takes a plain value, not a section");
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    boolean nanos =
        value instanceof Integer || value instanceof Long || value instanceof BigInteger;
    return flag.type() instanceof FlagType.Time && nanos ? value + "ns" : String.valueOf(value);
  }

  private static String contentOf(String path) {
    try {
      Path file = Path.of(path);
      if (Files.size(file) > BYTES_MAX) {
        throw new UsageException(path + ": larger than 1 MiB; this is no configuration file");
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UsageException(
          "--config-file="
              + path
              + ": cannot be read ("
              + unreadable.getClass().getSimpleName()
              + "); check the path and its permissions");
    }
  }
}
