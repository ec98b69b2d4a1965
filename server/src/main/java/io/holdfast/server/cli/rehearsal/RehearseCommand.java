package io.holdfast.server.cli.rehearsal;

import io.holdfast.server.cli.bench.Rehearsal;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code holdfast rehearse}: the launcher's way to prepare a quick start. Runs three members, the
 * first of them with the options of the JVM that make it record, puts them under load with the
 * first member as leader and as follower, and ends them. Hidden: of no use to people.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Run a small cluster under load, so that its first member's JVM learns.")
public final class RehearseCommand implements Callable<Integer> {
  private static final int MEMBERS = 3;

  @Spec private CommandSpec spec;

  @Option(names = "--directory", required = true, description = "Where the members' files lie.")
  private Path directory;

  @Option(names = "--record", required = true, description = "The first member's option to record.")
  private String recordOption;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Parameters(
      arity = "1..*",
      paramLabel = "JVM-OPTION",
      description = "The options that members run with.")
  private List<String> jvmOptions;

  @Override
  public Integer call() throws IOException, InterruptedException {
    int[] ports = freePorts(2 * MEMBERS);
    List<String> endpoints = new ArrayList<>();
    StringBuilder cluster = new StringBuilder();
    for (int i = 0; i < MEMBERS; i++) {
      endpoints.add("127.0.0.1:" + ports[i]);
      cluster.append(i == 0 ? "" : ",").append(name(i)).append('=').append(url(ports[MEMBERS + i]));
    }
    List<RehearsingMember> members = new ArrayList<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> endAtOnce(members)));
    for (int i = 0; i < MEMBERS; i++) {
      List<String> options = new ArrayList<>(jvmOptions);
      if (i == 0) {
        options.add(recordOption);
      }
      List<String> flags =
          List.of(
              "--name=" + name(i),
              "--data-dir=" + directory.resolve(name(i)),
              "--listen-client-urls=" + url(ports[i]),
              "--advertise-client-urls=" + url(ports[i]),
              "--listen-peer-urls=" + url(ports[MEMBERS + i]),
              "--initial-advertise-peer-urls=" + url(ports[MEMBERS + i]),
              "--initial-cluster=" + cluster);
      RehearsingMember member =
          RehearsingMember.start(options, flags, directory.resolve(name(i) + ".log"));
      synchronized (members) {
        members.add(member);
      }
    }
    for (RehearsingMember member : members) {
      member.awaitReady();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("ready to serve client requests on " + endpoints.get(0));
    out.flush();
    Rehearsal.run(endpoints);
    // The recording member last: writing down what it learnt takes the whole machine.
    for (int i = MEMBERS - 1; i >= 0; i--) {
      members.get(i).end();
    }
    return 0;
  }

  private static void endAtOnce(List<RehearsingMember> members) {
    synchronized (members) {
      members.forEach(RehearsingMember::endAtOnce);
    }
  }

  private static String name(int member) {
    return "rehearsal-" + member;
  }

  private static String url(int port) {
    return "http://127.0.0.1:" + port;
  }

  /** Ports that nobody listens on now; all held at once, so that they differ. */
  private static int[] freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      int[] ports = new int[count];
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket();
        held.add(socket);
        socket.bind(new InetSocketAddress("127.0.0.1", 0));
        ports[i] = socket.getLocalPort();
      }
      return ports;
    } catch (IOException e) {
      throw new StartupException("no free ports for a rehearsal: " + e.getMessage(), e);
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }
}
