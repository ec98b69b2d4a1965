package io.holdfast.driver.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real member of a store in a process of its own, that tests can kill and start again.
 *
 * <p>The system property {@code holdfast.test.server} names the command, with its first arguments,
 * for example {@code /path/to/holdfast server}. Without it the {@code etcd} on the path is used;
 * without that either, tests that need a server are skipped, and say so.
 */
public final class StoreProcess implements AutoCloseable {
  /** Below the ports that systems lend to clients: a member that restarts finds its own free. */
  private static final int FIRST_PORT = 24000;

  private static final int PORTS = 900;

  /** The first start of a new build may rehearse before it serves. */
  private static final long READY_SECONDS = 180;

  private static final AtomicInteger PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() % PORTS));

  /** Whatever still runs when the tests are cut short goes with them. */
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final Path directory;
  private final List<String> command;
  private final int clientPort;
  private Process process;

  private StoreProcess(Path directory, int clientPort, List<String> command) {
    this.directory = directory;
    this.clientPort = clientPort;
    this.command = command;
  }

  /** Starts a store of one member with an empty data directory, or skips the test. */
  public static StoreProcess start() {
    return startCluster(1).get(0);
  }

  /**
   * Starts a store of one member that listens with TLS on its client port, or skips the test.
   *
   * @param flags further flags, those of the certificates among them
   */
  public static StoreProcess startTls(String... flags) {
    List<String> server = requireServer();
    int port = freePort();
    StoreProcess store =
        prepare(server, 0, "https", port, List.of("m0=http://127.0.0.1:" + freePort()));
    store.command.addAll(List.of(flags));
    store.launch();
    store.awaitListening();
    return store;
  }

  /** Starts a store of several members, or skips the test. */
  public static List<StoreProcess> startCluster(int members) {
    List<String> server = requireServer();
    List<StoreProcess> cluster = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    List<String> peers = new ArrayList<>();
    for (int member = 0; member < members; member++) {
      ports.add(freePort());
      peers.add("m" + member + "=http://127.0.0.1:" + freePort());
    }
    for (int member = 0; member < members; member++) {
      cluster.add(prepare(server, member, "http", ports.get(member), peers));
    }
    cluster.forEach(StoreProcess::launch);
    cluster.forEach(StoreProcess::awaitReady);
    return cluster;
  }

  /** The command of the server to test against; skips the test if there is none. */
  public static List<String> requireServer() {
    Optional<List<String>> server = server();
    if (server.isEmpty()) {
      System.err.println(
          "SKIPPED: no server to test against; install etcd or set -Dholdfast.test.server");
    }
    Assumptions.assumeTrue(server.isPresent(), "no server to test against");
    return server.get();
  }

  private static Optional<List<String>> server() {
    String configured = System.getProperty("holdfast.test.server", "").strip();
    if (!configured.isEmpty()) {
      return Optional.of(List.of(configured.split("\\s+")));
    }
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      Path candidate = Path.of(folder, "etcd");
      if (Files.isExecutable(candidate)) {
        return Optional.of(List.of(candidate.toString()));
      }
    }
    return Optional.empty();
  }

  private static StoreProcess prepare(
      List<String> server, int member, String scheme, int clientPort, List<String> peers) {
    try {
      Path directory = Files.createTempDirectory("holdfast-store");
      String client = scheme + "://127.0.0.1:" + clientPort;
      String peer = peers.get(member).substring(peers.get(member).indexOf('=') + 1);
      List<String> command = new ArrayList<>(server);
      command.addAll(
          List.of(
              "--name=m" + member,
              "--data-dir=" + directory.resolve("data"),
              "--listen-client-urls=" + client,
              "--advertise-client-urls=" + client,
              "--listen-peer-urls=" + peer,
              "--initial-advertise-peer-urls=" + peer,
              "--initial-cluster=" + String.join(",", peers),
              "--initial-cluster-state=new",
              "--election-timeout=500",
              "--heartbeat-interval=50"));
      return new StoreProcess(directory, clientPort, command);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  /** Where it listens, as {@code host:port}. */
  public String endpoint() {
    return "127.0.0.1:" + clientPort;
  }

  /** The URL of a connection to it. */
  public String url() {
    return "etcd://" + endpoint();
  }

  /** Ends the process without a word to it. */
  public void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the server outlives its own killing");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /** Starts it again with the data it had, and waits until it serves. */
  public void restart() {
    launch();
    awaitReady();
  }

  private void launch() {
    try {
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
              .start();
    } catch (IOException unstartable) {
      throw new UncheckedIOException(unstartable);
    }
    RUNNING.add(process);
    process.onExit().thenAccept(RUNNING::remove);
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    while (!isHealthy()) {
      if (System.nanoTime() > deadline || !process.isAlive()) {
        throw new IllegalStateException("the server does not become ready:\n" + log());
      }
      pause();
    }
  }

  /** Of a member with TLS it is only known that it accepts connections. */
  private void awaitListening() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    while (true) {
      try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), clientPort)) {
        return;
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          throw new IllegalStateException("the server does not listen:\n" + log());
        }
        pause();
      }
    }
  }

  private boolean isHealthy() {
    try {
      URI health = URI.create("http://127.0.0.1:" + clientPort + "/health");
      HttpURLConnection connection = (HttpURLConnection) health.toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(5000);
      try {
        return connection.getResponseCode() == 200
            && new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .contains("true");
      } finally {
        connection.disconnect();
      }
    } catch (IOException notYet) {
      return false;
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException unreadable) {
      return "(no log: " + unreadable.getMessage() + ")";
    }
  }

  /** A port that nothing listens on at present. */
  public static int freePort() {
    for (int attempt = 0; attempt < PORTS; attempt++) {
      int port = FIRST_PORT + PORT.getAndIncrement() % PORTS;
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        // The next one, then.
      }
    }
    throw new IllegalStateException("no free port from " + FIRST_PORT + " on");
  }

  @Override
  public void close() {
    kill();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException undeletable) {
      throw new UncheckedIOException(undeletable);
    }
  }
}
