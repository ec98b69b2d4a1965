package io.holdfast.server.app;

import io.holdfast.server.app.flag.FlagNames;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.cli.DelCommand;
import io.holdfast.server.cli.GetCommand;
import io.holdfast.server.cli.PutCommand;
import io.holdfast.server.cli.WatchCommand;
import io.holdfast.server.cli.bench.BenchCommand;
import io.holdfast.server.cli.demo.DemoCommand;
import io.holdfast.server.cli.rehearsal.RehearseCommand;
import io.holdfast.server.cli.snapshot.SnapshotCommand;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Parses the command line and runs what it asks for. Whatever goes wrong becomes one line on the
 * error stream and an exit code: 2 for a command that cannot be understood, 1 for one that failed,
 * 3 for a member that was removed from its cluster.
 */
final class CommandLineRunner {
  private CommandLineRunner() {}

  static int run(String... arguments) {
    return commandLine(arguments).execute(arguments);
  }

  /** What can be asked for, in the order of the help text. */
  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("server", ServerCommand::commandLine);
    commands.put("put", PutCommand::new);
    commands.put("get", GetCommand::new);
    commands.put("del", DelCommand::new);
    commands.put("watch", WatchCommand::new);
    commands.put("snapshot", SnapshotCommand::new);
    commands.put("bench", BenchCommand::new);
    commands.put("demo", DemoCommand::new);
    commands.put("rehearse", RehearseCommand::new);
    return commands;
  }

  /**
   * The commands that these arguments may mean: one when the first names it, which saves a third of
   * a second of every start, else all of them.
   */
  static CommandLine commandLine(String... arguments) {
    CommandLine root = new CommandLine(new HoldfastCommand());
    Map<String, Supplier<Object>> commands = commands();
    if (arguments.length > 0 && commands.containsKey(arguments[0])) {
      commands.keySet().retainAll(Set.of(arguments[0]));
    }
    commands.forEach((name, command) -> root.addSubcommand(name, command.get()));
    root.getSubcommands()
        .values()
        .forEach(command -> command.getCommandSpec().versionProvider(new Versions.Provider()));
    root.setExpandAtFiles(false);
    root.setPosixClusteredShortOptionsAllowed(false);
    root.setOverwrittenOptionsAllowed(true);
    root.setUsageHelpWidth(100);
    root.setParameterExceptionHandler((bad, given) -> explain(bad));
    root.setExecutionExceptionHandler(
        (failure, command, parsed) -> FailureLine.explain(command.getErr(), failure));
    return root;
  }

  private static int explain(ParameterException bad) {
    CommandLine command = bad.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("holdfast: " + reason(bad, command));
    return FailureLine.EXIT_USAGE;
  }

  private static String reason(ParameterException bad, CommandLine command) {
    if (!(bad instanceof UnmatchedArgumentException unmatched)) {
      return bad.getMessage().replace('\n', ' ') + " (see --help)";
    }
    String argument = unmatched.getUnmatched().get(0);
    CommandSpec spec = command.getCommandSpec();
    if (spec.name().equals("server")) {
      return FlagNames.unknown(argument).getMessage();
    }
    boolean isRoot = spec.parent() == null;
    if (isRoot
        && Flags.find(FlagNames.bareName(argument)).isPresent()
        && argument.startsWith("-")) {
      return argument + " belongs to a member: write ./holdfast server " + argument;
    }
    List<String> near = unmatched.getSuggestions();
    String hint = near.isEmpty() ? "" : "; did you mean " + near.get(0) + "?";
    String what =
        argument.startsWith("-")
            ? "unknown option "
            : isRoot ? "unknown command " : "unexpected argument ";
    return what + argument + hint + " (see --help)";
  }
}
