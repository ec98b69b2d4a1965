package io.holdfast.server.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code holdfast demo}: runs a store and a small application that reads its greeting from it, each
 * as a process of its own, and says how to change the greeting. Both end with this process, and
 * what they wrote is removed.
 */
@Command(
    name = "demo",
    description = "Run a store and an application that follows a key in it; Ctrl-C ends both.")
public final class DemoCommand implements Callable<Integer> {
  private static final int STORE_PORT = 2379;
  private static final int APPLICATION_PORT = 8080;
  private static final String KEY = "config/demo/greeting";
  private static final String GREETING = "Hello, harbour";

  @Spec private CommandSpec spec;

  @Option(
      names = "--client-port",
      paramLabel = "port",
      defaultValue = "0",
      description = "Where the store serves clients (default: 2379, or a free one).")
  private int clientPort;

  @Option(
      names = "--http-port",
      paramLabel = "port",
      defaultValue = "0",
      description = "Where the application serves (default: 8080, or a free one).")
  private int httpPort;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path jar = DemoChild.applicationJar();
    int store = clientPort > 0 ? clientPort : portNear(STORE_PORT);
    int application = httpPort > 0 ? httpPort : portNear(APPLICATION_PORT);
    PrintWriter out = spec.commandLine().getOut();
    Path folder = Files.createTempDirectory("holdfast-demo");
    try (DemoFolder cleaned = new DemoFolder(folder)) {
      say(out, "Starting a store and an application, a few seconds ...");
      try (DemoChild storeProcess = DemoChild.store(cleaned.path(), store, freePort());
          DemoChild applicationProcess = DemoChild.application(jar, store, application);
          EndTogether together =
              EndTogether.onSignal(cleaned, List.of(applicationProcess, storeProcess))) {
        storeProcess.awaitLine("ready to serve client requests");
        applicationProcess.awaitLine("Listening on: http://");
        instructions(out, store, application);
        DemoChild.awaitFirstEnd(List.of(storeProcess, applicationProcess), together);
        return 0;
      }
    }
  }

  private static void instructions(PrintWriter out, int store, int application) {
    String endpoint = "127.0.0.1:" + store;
    String endpoints = store == STORE_PORT ? "" : " --endpoints " + endpoint;
    String json =
        "{\"key\":\"" + base64(KEY) + "\",\"value\":\"" + base64(GREETING + " from curl") + "\"}";
    say(out, "");
    say(out, "The application greets at http://127.0.0.1:" + application + "/  (open it, or:");
    say(out, "  curl http://127.0.0.1:" + application + "/greeting)");
    say(out, "");
    say(out, "Change its greeting while it runs, with any of:");
    say(out, "");
    say(out, "  ./holdfast put" + endpoints + " " + KEY + " \"" + GREETING + "\"");
    say(out, "  curl http://" + endpoint + "/v3/kv/put -d '" + json + "'");
    say(out, "  ETCDCTL_API=3 etcdctl" + endpoints + " put " + KEY + " \"" + GREETING + " again\"");
    say(out, "");
    say(out, "Ctrl-C ends both.");
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The usual port when nobody uses it, otherwise a free one. */
  private static int portNear(int usual) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress("127.0.0.1", usual));
      return usual;
    } catch (IOException taken) {
      return freePort();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress("127.0.0.1", 0));
      return socket.getLocalPort();
    }
  }
}
