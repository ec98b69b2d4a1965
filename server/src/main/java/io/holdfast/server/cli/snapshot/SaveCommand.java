package io.holdfast.server.cli.snapshot;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.SnapshotRequest;
import io.holdfast.api.etcdserverpb.SnapshotResponse;
import io.holdfast.server.backup.BackupReader;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.RealDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code holdfast snapshot save}: takes a backup from one member. The file appears under its name
 * only when it has arrived whole, was checked and is durable.
 */
@Command(
    name = "save",
    mixinStandardHelpOptions = true,
    description = "Save one member's state into a file, checked and durable.")
final class SaveCommand implements Callable<Integer> {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "Where to save; replaced when there.")
  private Path file;

  @Option(
      names = "--endpoints",
      paramLabel = "host:port",
      defaultValue = "${env:ETCDCTL_ENDPOINTS:-localhost:2379}",
      description = "The one member to ask (default: ${DEFAULT-VALUE}).")
  private String endpoint;

  @Override
  public Integer call() throws IOException {
    URI member = parsed();
    Path target = file.toAbsolutePath().normalize();
    Path part = target.resolveSibling(target.getFileName() + ".part");
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(member.getHost(), member.getPort())
            .usePlaintext()
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .build();
    Disk disk = new RealDisk();
    try {
      Files.deleteIfExists(part);
      receive(channel, disk, part);
      try (Progress progress = new Progress("checking", Files.size(part))) {
        new BackupReader(disk, part, false, progress).read(record -> {});
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      disk.syncDirectory(target.getParent());
    } catch (StatusRuntimeException e) {
      throw new UncheckedIOException(explained(member, e), new IOException(e));
    } catch (IOException e) {
      throw new UncheckedIOException("the snapshot was not saved to " + file + ": " + reason(e), e);
    } finally {
      channel.shutdownNow();
      Files.deleteIfExists(part);
    }
    System.out.println("Snapshot saved at " + file);
    return 0;
  }

  private static void receive(ManagedChannel channel, Disk disk, Path part) throws IOException {
    Iterator<SnapshotResponse> blobs =
        MaintenanceGrpc.newBlockingStub(channel).snapshot(SnapshotRequest.getDefaultInstance());
    try (DiskFile out = disk.open(part, Disk.Mode.CREATE);
        Progress progress = new Progress("saving", 0)) {
      long position = 0;
      while (blobs.hasNext()) {
        SnapshotResponse response = blobs.next();
        ByteBuffer blob = response.getBlob().asReadOnlyByteBuffer();
        int length = blob.remaining();
        out.write(blob, position);
        position += length;
        progress.total(position + response.getRemainingBytes());
        progress.accept(position);
      }
      out.sync();
    }
  }

  private URI parsed() {
    String text = endpoint.strip();
    if (text.contains(",")) {
      throw new ParameterException(
          spec.commandLine(),
          "a snapshot is taken from one member: give one endpoint, not " + endpoint);
    }
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (!"http".equals(uri.getScheme()) || uri.getHost() == null || uri.getPort() < 0) {
        throw new IllegalArgumentException(text);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--endpoints=" + text + ": write it as 127.0.0.1:2379");
    }
  }

  private static String explained(URI member, StatusRuntimeException e) {
    Status status = e.getStatus();
    boolean unreached =
        status.getCode() == Status.Code.UNAVAILABLE && status.getCause() instanceof IOException;
    return unreached
        ? "cannot reach " + member.getHost() + ":" + member.getPort()
        : "the snapshot was not saved: "
            + (status.getDescription() == null ? status.getCode() : status.getDescription())
            + " (from "
            + member.getHost()
            + ":"
            + member.getPort()
            + ")";
  }

  static String reason(IOException e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
