package io.holdfast.server.cli.snapshot;

import io.holdfast.server.backup.BackupReader;
import io.holdfast.server.backup.BackupStatus;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.RealDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast snapshot status}: reads a backup through and says what is in it. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Check a backup and say what it holds.",
      "Simple output is etcdctl's: hash, revision, total keys, total size. The hash is that of",
      "`etcdctl endpoint hashkv` on members with the same history."
    })
final class StatusCommand implements Callable<Integer> {
  /** The forms of the answer by the name they have on the command line. */
  enum Form {
    simple,
    json,
    table
  }

  @Parameters(index = "0", paramLabel = "FILE", description = "The backup.")
  private Path file;

  @Option(
      names = {"-w", "--write-out"},
      paramLabel = "form",
      defaultValue = "simple",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Form form;

  @Override
  public Integer call() {
    Disk disk = new RealDisk();
    BackupStatus status;
    try {
      long size = new BackupReader(disk, file, false, bytes -> {}).sizeBytes();
      try (Progress progress = new Progress("checking", BackupStatus.PASSES * size)) {
        status = BackupStatus.of(disk, file, progress);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + SaveCommand.reason(e), e);
    }
    switch (form) {
      case simple -> System.out.println(String.join(", ", cells(status)));
      case json -> System.out.println(json(status));
      case table -> System.out.print(table(status));
    }
    return 0;
  }

  private static List<String> cells(BackupStatus status) {
    return List.of(
        Integer.toHexString(status.hashKv().hash()),
        Long.toString(status.hashKv().hashRevision()),
        Long.toString(status.keyCount()),
        Sizes.human(status.contents().fileBytes()));
  }

  private static String json(BackupStatus status) {
    BackupReader.Contents contents = status.contents();
    return String.format(
        Locale.ROOT,
        "{\"hash\":%d,\"revision\":%d,\"totalKey\":%d,\"totalSize\":%d,\"version\":\"%s\","
            + "\"compactRevision\":%d,\"leases\":%d,\"clusterId\":\"%x\",\"memberId\":\"%x\","
            + "\"raftIndex\":%d,\"raftTerm\":%d,\"created\":\"%s\"}",
        Integer.toUnsignedLong(status.hashKv().hash()),
        status.hashKv().hashRevision(),
        status.keyCount(),
        contents.fileBytes(),
        contents.about().product().replaceAll("[^A-Za-z0-9.+-]", "_"),
        status.hashKv().compactRevision(),
        status.leaseCount(),
        contents.about().clusterId(),
        contents.about().memberId(),
        contents.metadata().index(),
        contents.metadata().term(),
        Instant.ofEpochMilli(contents.about().createdAtMillis()));
  }

  private static String table(BackupStatus status) {
    List<String> heads = List.of("HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE");
    List<String> cells = cells(status);
    StringBuilder rule = new StringBuilder("+");
    List<String> head = new ArrayList<>();
    List<String> line = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      int width = Math.max(heads.get(i).length(), cells.get(i).length());
      rule.append("-".repeat(width + 2)).append('+');
      head.add(String.format(" %" + width + "s ", heads.get(i)));
      line.add(String.format(" %" + width + "s ", cells.get(i)));
    }
    return rule
        + "\n|"
        + String.join("|", head)
        + "|\n"
        + rule
        + "\n|"
        + String.join("|", line)
        + "|\n"
        + rule
        + "\n";
  }
}
