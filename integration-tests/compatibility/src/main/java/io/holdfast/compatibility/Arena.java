package io.holdfast.compatibility;

import io.holdfast.harness.Flavor;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The two stores side by side, with the same settings. */
final class Arena implements AutoCloseable {
  /** Small, so that requests above the limits are cheap to make. */
  static final int TXN_OPERATIONS_MAX = 16;

  static final int REQUEST_BYTES_MAX = 64 * 1024;

  private static final List<String> FLAGS =
      List.of(
          "--max-txn-ops=" + TXN_OPERATIONS_MAX,
          "--max-request-bytes=" + REQUEST_BYTES_MAX,
          "--bcrypt-cost=4");

  private final Path directory;
  private Target etcd;
  private Target holdfast;
  private int starts;

  private Arena(Path directory) {
    this.directory = directory;
  }

  static Arena start(Path directory) {
    Arena arena = new Arena(directory);
    try {
      arena.startAnew();
      return arena;
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Both stores again, empty and without history. */
  void startAnew() {
    close();
    starts++;
    etcd = Target.start(Flavor.ETCD, folder("etcd-" + starts), FLAGS);
    holdfast = Target.start(Flavor.HOLDFAST, folder("holdfast-" + starts), FLAGS);
  }

  private Path folder(String name) {
    try {
      return Files.createDirectories(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Target etcd() {
    return etcd;
  }

  Target holdfast() {
    return holdfast;
  }

  /** The version that the etcd program tells: {@code 3.4.23}. */
  static String etcdVersion() {
    List<String> command = List.of(Flavor.ETCD.command().get(0), "--version");
    String text = Programs.run(command, Map.of(), Duration.ofSeconds(20)).out();
    String first = text.lines().findFirst().orElse("");
    return first.substring(first.lastIndexOf(' ') + 1);
  }

  @Override
  public void close() {
    if (etcd != null) {
      etcd.close();
    }
    if (holdfast != null) {
      holdfast.close();
    }
  }
}
