package io.holdfast.server.cli.snapshot;

import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.service.member.MemberConfig;
import io.holdfast.server.service.member.Restore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code holdfast snapshot restore}: a backup becomes the data directory of a new cluster's member.
 */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Make the data directory of one member of a new cluster out of a backup.",
      "Run it once for every member, with the same backup, --initial-cluster and token; then start",
      "the members with the same flags."
    })
final class RestoreCommand implements Callable<Integer> {
  private static final String SUFFIX = ".holdfast";

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "The backup.")
  private Path file;

  @Option(names = "--name", defaultValue = "default", description = "This member's name.")
  private String name;

  @Option(
      names = "--data-dir",
      paramLabel = "path",
      description = "Where to make it; must not exist, or be empty (default: NAME.holdfast).")
  private Path dataDirectory;

  @Option(
      names = "--wal-dir",
      paramLabel = "path",
      description = "A directory of its own for the log; must not exist, or be empty.")
  private Path walDirectory;

  @Option(
      names = "--initial-cluster",
      paramLabel = "name=url,...",
      description = "All members of the new cluster (default: this one alone).")
  private String initialCluster;

  @Option(
      names = "--initial-advertise-peer-urls",
      paramLabel = "url,...",
      defaultValue = "http://localhost:2380",
      description = "Where the others reach this member (default: ${DEFAULT-VALUE}).")
  private String peerUrls;

  @Option(
      names = "--initial-cluster-token",
      paramLabel = "text",
      defaultValue = "etcd-cluster",
      description = "Give a new one, so that old members cannot be mistaken for new ones.")
  private String token;

  @Option(
      names = "--bump-revision",
      paramLabel = "number",
      defaultValue = "0",
      description = "Add this to the revision, so that it is above all that clients ever saw.")
  private long revisionBump;

  @Option(
      names = "--mark-compacted",
      description = "Goes with --bump-revision: watches from before it are told that they end.")
  private boolean markCompacted;

  @Option(
      names = "--skip-hash-check",
      description = "Take a file without its SHA-256; all else is checked nevertheless.")
  private boolean hashSkipped;

  @Override
  public Integer call() {
    if (revisionBump < 0) {
      throw usage("--bump-revision " + revisionBump + ": give a number above 0");
    }
    if (revisionBump > 0 != markCompacted) {
      throw usage("--bump-revision and --mark-compacted go together: give both or none");
    }
    Restore.Result result;
    try (Progress progress = new Progress("restoring", sizeOfFile())) {
      result =
          new Restore(
                  new RealDisk(),
                  new Restore.Plan(file, member(), revisionBump, hashSkipped),
                  progress)
              .run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "nothing was restored from " + file + ": " + SaveCommand.reason(e), e);
    }
    System.out.printf(
        "Restored %d keys at revision %d into %s: member %x of new cluster %x%n",
        result.keyCount(), result.revision(), directory(), result.memberId(), result.clusterId());
    return 0;
  }

  private long sizeOfFile() throws IOException {
    return Files.size(file);
  }

  private Path directory() {
    return dataDirectory == null ? Path.of(name + SUFFIX) : dataDirectory;
  }

  private MemberConfig member() {
    MemberConfig.Builder member =
        MemberConfig.builder(name, directory())
            .initialAdvertisePeerUrls(list(peerUrls))
            .listenPeerUrls(list(peerUrls))
            .initialClusterToken(token);
    if (initialCluster != null) {
      member.initialCluster(parsedCluster());
    }
    if (walDirectory != null) {
      member.walDirectory(walDirectory);
    }
    return member.build();
  }

  private SortedMap<String, List<String>> parsedCluster() {
    SortedMap<String, List<String>> members = new TreeMap<>();
    for (String part : initialCluster.split(",")) {
      int equals = part.indexOf('=');
      if (equals <= 0 || equals == part.length() - 1) {
        throw usage(
            "--initial-cluster has \""
                + part
                + "\": write name=http://host:port, separated by commas");
      }
      members
          .computeIfAbsent(part.substring(0, equals).strip(), key -> new ArrayList<>())
          .add(part.substring(equals + 1).strip());
    }
    return members;
  }

  private static List<String> list(String commaSeparated) {
    return Arrays.stream(commaSeparated.split(",")).map(String::strip).toList();
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
