package io.holdfast.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;

/** Several members on loopback that form one cluster; each a process with a folder of its own. */
public final class Cluster implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(120);

  private static final int LOG_TAIL_CHARACTERS = 4_000;

  private final Flavor flavor;
  private final Path directory;
  private final String peerScheme;
  private final List<MemberProcess> members;

  private Cluster(Flavor flavor, Path directory, String peerScheme, List<MemberProcess> members) {
    this.flavor = flavor;
    this.peerScheme = peerScheme;
    this.directory = directory;
    this.members = new CopyOnWriteArrayList<>(members);
  }

  /**
   * One more member, which joins the cluster when it is started: after it was added there.
   *
   * @param peerPort where it is to be reached by the others, as it was added
   * @param initialCluster what {@code member add} has printed
   */
  public MemberProcess joining(
      String name, int peerPort, String initialCluster, String... moreFlags) {
    String endpoint = "127.0.0.1:" + Ports.free(1).get(0);
    String peer = peerScheme + "://127.0.0.1:" + peerPort;
    Path own = directory.resolve(name);
    List<String> flags = new ArrayList<>();
    flags.add("--name=" + name);
    flags.add("--data-dir=" + own.resolve("data"));
    flags.add("--listen-client-urls=http://" + endpoint);
    flags.add("--advertise-client-urls=http://" + endpoint);
    flags.add("--listen-peer-urls=" + peer);
    flags.add("--initial-advertise-peer-urls=" + peer);
    flags.add("--initial-cluster=" + initialCluster);
    flags.add("--initial-cluster-state=existing");
    flags.addAll(List.of(moreFlags));
    MemberProcess member = new MemberProcess(flavor, name, own, endpoint, flags);
    members.add(member);
    return member;
  }

  /**
   * Starts {@code size} members and waits until all are healthy.
   *
   * @param moreFlags flags for every member beside names, URLs and the data directory
   */
  public static Cluster start(Flavor flavor, int size, Path directory, String... moreFlags) {
    return prepare(flavor, size, directory, moreFlags).start();
  }

  /** The members, none of them started. */
  public static Cluster prepare(Flavor flavor, int size, Path directory, String... moreFlags) {
    return new Plan(flavor, size, directory).flags(moreFlags).prepare();
  }

  /** Where members are put: by default all on loopback, with data and logs in one directory. */
  public static final class Plan {
    private final Flavor flavor;
    private final int size;
    private final Path directory;
    private List<String> moreFlags = List.of();
    private IntFunction<List<String>> ownFlags = index -> List.of();
    private IntFunction<List<String>> moreClientUrls = index -> List.of();
    private String peerScheme = "http";
    private IntFunction<Path> dataDirectories;
    private IntFunction<String> hosts = index -> "127.0.0.1";
    private IntUnaryOperator advertisedPeerPorts = port -> port;

    /**
     * @param directory where the members' logs go, and their data unless something else is said
     */
    public Plan(Flavor flavor, int size, Path directory) {
      this.flavor = flavor;
      this.size = size;
      this.directory = directory;
      dataDirectories = index -> directory.resolve("m" + index).resolve("data");
    }

    /** Flags for every member beside names, URLs and the data directory. */
    public Plan flags(String... flags) {
      moreFlags = List.of(flags);
      return this;
    }

    /** Flags of each member alone. */
    public Plan ownFlags(IntFunction<List<String>> byIndex) {
      ownFlags = byIndex;
      return this;
    }

    /** Where each member is to serve clients besides. */
    public Plan moreClientUrls(IntFunction<List<String>> byIndex) {
      moreClientUrls = byIndex;
      return this;
    }

    /** How the members' URLs for each other begin: {@code http} or {@code https}. */
    public Plan peerScheme(String scheme) {
      peerScheme = scheme;
      return this;
    }

    /** Where each member keeps its data. */
    public Plan dataDirectories(IntFunction<Path> byIndex) {
      dataDirectories = byIndex;
      return this;
    }

    /** The address on which each member listens. */
    public Plan hosts(IntFunction<String> byIndex) {
      hosts = byIndex;
      return this;
    }

    /** The ports that the members tell each other, for the ports they listen on. */
    public Plan advertisedPeerPorts(IntUnaryOperator byListenPort) {
      advertisedPeerPorts = byListenPort;
      return this;
    }

    /** The members, none of them started. */
    public Cluster prepare() {
      flavor.prepare();
      List<Integer> ports = Ports.free(2 * size);
      List<String> peers = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        int advertised = advertisedPeerPorts.applyAsInt(ports.get(size + i));
        peers.add(peerScheme + "://" + hosts.apply(i) + ":" + advertised);
      }
      List<String> named = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        named.add("m" + i + "=" + peers.get(i));
      }
      List<MemberProcess> members = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        String endpoint = hosts.apply(i) + ":" + ports.get(i);
        List<String> flags = new ArrayList<>();
        flags.add("--name=m" + i);
        flags.add("--data-dir=" + dataDirectories.apply(i));
        List<String> clientUrls = new ArrayList<>(List.of("http://" + endpoint));
        clientUrls.addAll(moreClientUrls.apply(i));
        flags.add("--listen-client-urls=" + String.join(",", clientUrls));
        flags.add("--advertise-client-urls=" + String.join(",", clientUrls));
        flags.add(
            "--listen-peer-urls="
                + peerScheme
                + "://"
                + hosts.apply(i)
                + ":"
                + ports.get(size + i));
        flags.add("--initial-advertise-peer-urls=" + peers.get(i));
        flags.add("--initial-cluster=" + String.join(",", named));
        flags.add("--initial-cluster-token=scenario");
        flags.addAll(moreFlags);
        flags.addAll(ownFlags.apply(i));
        members.add(
            new MemberProcess(flavor, "m" + i, directory.resolve("m" + i), endpoint, flags));
      }
      return new Cluster(flavor, directory, peerScheme, members);
    }

    /** The members, started and healthy. */
    public Cluster start() {
      return prepare().start();
    }
  }

  /** Starts all members and waits until they are healthy; ends them when they do not become so. */
  public Cluster start() {
    try {
      members.forEach(MemberProcess::start);
      members.forEach(member -> member.awaitReady(READY_WITHIN));
      return this;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  public List<MemberProcess> members() {
    return members;
  }

  public MemberProcess member(int index) {
    return members.get(index);
  }

  /** {@code host:port} of all members. */
  public List<String> endpointList() {
    return members.stream().map(MemberProcess::endpoint).toList();
  }

  /** Comma-separated {@code host:port} of all members. */
  public String endpoints() {
    return members.stream().map(MemberProcess::endpoint).collect(Collectors.joining(","));
  }

  /** The leader, waited for. */
  public MemberProcess awaitLeader(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < end) {
      for (MemberProcess member : members) {
        if (member.isAlive() && member.isLeader()) {
          return member;
        }
      }
      pause();
    }
    throw new IllegalStateException("no member leads after " + timeout);
  }

  /** The ends of all members' logs, for the message of a failed test. */
  public String logTails() {
    StringBuilder text = new StringBuilder();
    for (MemberProcess member : members) {
      String log = member.log();
      text.append("--- ").append(member.name()).append(member.isAlive() ? "" : " (ended)");
      text.append('\n').append(log.substring(Math.max(0, log.length() - LOG_TAIL_CHARACTERS)));
    }
    return text.toString();
  }

  @Override
  public void close() {
    members.forEach(MemberProcess::close);
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
