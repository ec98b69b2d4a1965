package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagHelp;
import io.holdfast.server.app.flag.FlagType;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.Flags;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code holdfast server}: runs one member until it is told to stop. Its options are built from the
 * table of flags, with one or two dashes as etcd takes them.
 */
final class ServerCommand implements Callable<Integer> {
  private final CommandSpec spec;

  private ServerCommand() {
    spec = CommandSpec.wrapWithoutInspection(this);
    spec.name("server");
    spec.usageMessage().description("Run one member of a store.");
    spec.versionProvider(new Versions.Provider());
    spec.addOption(
        OptionSpec.builder("-h", "--help", "-help")
            .usageHelp(true)
            .description("Show this help.")
            .build());
    spec.addOption(
        OptionSpec.builder("--version", "-version")
            .versionHelp(true)
            .description("Show the versions.")
            .build());
    for (Flag flag : Flags.all()) {
      spec.addOption(option(flag));
    }
  }

  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new ServerCommand().spec);
    command.getHelpSectionMap().clear();
    command
        .getHelpSectionMap()
        .put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_DESCRIPTION, help -> FlagHelp.text());
    return command;
  }

  private static OptionSpec option(Flag flag) {
    boolean bare = flag.type() instanceof FlagType.Bool;
    OptionSpec.Builder option =
        OptionSpec.builder("--" + flag.name(), "-" + flag.name())
            .type(String.class)
            .paramLabel(flag.type().label())
            .arity(bare ? "0..1" : "1");
    return (bare ? option.fallbackValue("true") : option).build();
  }

  @Override
  public Integer call() {
    Map<String, String> given = new LinkedHashMap<>();
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      given.put(option.longestName().substring(2), lastOf(option.stringValues()));
    }
    FlagValues values = FlagValues.of(given, System.getenv());
    return ServerProcess.run(ServerOptionsReader.read(values));
  }

  private static String lastOf(List<String> values) {
    return values.get(values.size() - 1);
  }
}
