package io.holdfast.server.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The root of the command line: says what there is. */
@Command(
    name = "holdfast",
    versionProvider = Versions.Provider.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "A configuration and coordination store that speaks etcd's v3 API.",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Try:",
      "  ./holdfast demo                        a store, and an application that follows it",
      "  ./holdfast server                      start one member; data in ./default.holdfast",
      "  ./holdfast put greeting hello          write a key",
      "  ./holdfast get greeting                read it",
      "  ./holdfast watch --prefix config/      see changes as they happen",
      "",
      "What a command takes: ./holdfast COMMAND --help",
      "Is it alive? curl http://localhost:2379/health  and  /readyz?verbose",
      "Exit codes: 0 done, 1 failed, 2 the command line is wrong."
    })
final class HoldfastCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = picocli.CommandLine.ScopeType.LOCAL,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show this program's version and the etcd API level it speaks.")
  private boolean version;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return FailureLine.EXIT_USAGE;
  }
}
