package io.holdfast.clients;

import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One PostgreSQL with the Patroni that looks after it; both can be killed and started again. */
final class PatroniNode implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(40);
  private static final int LOG_TAIL_CHARACTERS = 6_000;

  private final PatroniInstallation installation;
  private final String name;
  private final Path directory;
  private final int restPort;
  private final int sqlPort;
  private Process process;

  PatroniNode(PatroniInstallation installation, String name, List<String> endpoints) {
    this.installation = installation;
    this.name = name;
    directory = installation.directory().resolve(name);
    List<Integer> ports = Ports.free(2);
    restPort = ports.get(0);
    sqlPort = ports.get(1);
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("patroni.yml"), configuration(endpoints));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    installation.giveAway(directory);
  }

  /** Times are the shortest that Patroni takes. */
  private String configuration(List<String> endpoints) {
    return """
        scope: holdfast
        name: %s
        restapi:
          listen: 127.0.0.1:%d
          connect_address: 127.0.0.1:%d
        etcd3:
          hosts: [%s]
        bootstrap:
          dcs:
            ttl: 20
            loop_wait: 2
            retry_timeout: 5
            postgresql:
              use_pg_rewind: true
          initdb: [encoding: UTF8]
        postgresql:
          listen: 127.0.0.1:%d
          connect_address: 127.0.0.1:%d
          data_dir: %s/data
          bin_dir: %s
          pgpass: %s/pgpass
          pg_hba:
            - local all all trust
            - host all all 127.0.0.1/32 trust
            - host replication all 127.0.0.1/32 trust
          parameters:
            unix_socket_directories: %s
            shared_buffers: 16MB
          authentication:
            superuser: {username: postgres, password: unused}
            replication: {username: replicator, password: unused}
            rewind: {username: rewinder, password: unused}
        watchdog: {mode: "off"}
        """
        .formatted(
            name,
            restPort,
            restPort,
            String.join(", ", endpoints),
            sqlPort,
            sqlPort,
            directory,
            installation.postgres(),
            directory,
            directory);
  }

  String name() {
    return name;
  }

  PatroniNode start() {
    try {
      List<String> command = new ArrayList<>(installation.asOwner());
      command.add(installation.patroni().toString());
      command.add(directory.resolve("patroni.yml").toString());
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      process.getOutputStream().close();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path log() {
    return directory.resolve("patroni.log");
  }

  String logTail() {
    try {
      String log = Files.exists(log()) ? Files.readString(log()) : "";
      return "--- " + name + "\n" + log.substring(Math.max(0, log.length() - LOG_TAIL_CHARACTERS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it accepts writes, and holds the lock that says so. */
  boolean isPrimary() {
    return status("GET", "/primary", "") == 200
        && sql("select pg_is_in_recovery()").out().trim().equals("f");
  }

  /** Whether it follows the primary. */
  boolean isReplica() {
    return status("GET", "/replica", "") == 200;
  }

  /** Asks for a planned change; whether it was made. */
  boolean switchOver(PatroniNode heir) {
    String json = "{\"leader\": \"%s\", \"candidate\": \"%s\"}".formatted(name, heir.name);
    return status("POST", "/switchover", json) == 200;
  }

  /** The status that Patroni answers with, 0 when it does not answer. */
  private int status(String method, String path, String body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
              .timeout(ENDS_WITHIN)
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build();
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What the database answers to a statement; an empty text as well when it does not. */
  Programs.Outcome sql(String statement) {
    List<String> command =
        List.of(
            installation.postgres().resolve("psql").toString(),
            "--host=127.0.0.1",
            "--port=" + sqlPort,
            "--username=postgres",
            "--dbname=postgres",
            "--no-psqlrc",
            "--no-align",
            "--tuples-only",
            "--quiet",
            "--command=" + statement);
    return Programs.run(command, Map.of("PGCONNECT_TIMEOUT", "5"), Duration.ofSeconds(30));
  }

  /** Kills Patroni and its PostgreSQL at once, as the loss of a machine would. */
  void kill() {
    process.destroyForcibly();
    killPostgres();
    awaitEnd();
  }

  private void killPostgres() {
    Path file = directory.resolve("data").resolve("postmaster.pid");
    try {
      if (Files.exists(file)) {
        long pid = Long.parseLong(Files.readAllLines(file).get(0).trim());
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean awaitEnd() {
    try {
      return process.waitFor(ENDS_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    if (process != null && process.isAlive()) {
      process.destroy();
      if (!awaitEnd()) {
        kill();
      }
    }
  }
}
