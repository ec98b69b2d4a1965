package io.holdfast.server.cli;

import io.holdfast.driver.KeyRange;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which keys a command is about: one, a range, a prefix, or all from one on. */
final class RangeOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "KEY", description = "The key, or the first of a range.")
  private String key;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "RANGE_END",
      description = "The key that ends the range and is not part of it.")
  private String rangeEnd;

  @Option(names = "--prefix", description = "All keys that begin with KEY; \"\" means every key.")
  private boolean prefix;

  @Option(names = "--from-key", description = "All keys from KEY on.")
  private boolean fromKey;

  KeyRange range() {
    int ways = (rangeEnd == null ? 0 : 1) + (prefix ? 1 : 0) + (fromKey ? 1 : 0);
    if (ways > 1) {
      throw unusable("give only one of RANGE_END, --prefix and --from-key");
    }
    if (key.isEmpty() && ways == 0) {
      throw unusable("an empty KEY stands for nothing; add --prefix for every key");
    }
    if (prefix) {
      return key.isEmpty() ? KeyRange.all() : KeyRange.prefix(key);
    }
    if (fromKey) {
      return key.isEmpty() ? KeyRange.all() : KeyRange.from(key);
    }
    return rangeEnd == null ? KeyRange.single(key) : KeyRange.of(key, rangeEnd);
  }

  /** Whether one key is asked for by its name. */
  boolean isSingle() {
    return rangeEnd == null && !prefix && !fromKey;
  }

  String key() {
    return key;
  }

  private ParameterException unusable(String why) {
    return new ParameterException(spec.commandLine(), why);
  }
}
