package io.holdfast.server.cli.snapshot;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast snapshot}: backups of a store. */
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = "Save, check and restore backups of a store.",
    subcommands = {SaveCommand.class, StatusCommand.class, RestoreCommand.class},
    footer = {
      "",
      "Examples:",
      "  holdfast snapshot save backup.db --endpoints 127.0.0.1:2379",
      "  holdfast snapshot status backup.db",
      "  holdfast snapshot restore backup.db --name m1 --data-dir m1.holdfast \\",
      "      --initial-cluster m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380 \\",
      "      --initial-advertise-peer-urls http://10.0.0.1:2380"
    })
public final class SnapshotCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do: save, status or restore");
  }
}
