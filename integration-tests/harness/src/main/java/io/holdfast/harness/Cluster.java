package io.holdfast.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Several members on loopback that form one cluster; each a process with a folder of its own. */
public final class Cluster implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);

  private static final int LOG_TAIL_CHARACTERS = 4_000;

  private final List<MemberProcess> members;

  private Cluster(List<MemberProcess> members) {
    this.members = List.copyOf(members);
  }

  /**
   * Starts {@code size} members and waits until all are healthy.
   *
   * @param moreFlags flags for every member beside names, URLs and the data directory
   */
  public static Cluster start(Flavor flavor, int size, Path directory, String... moreFlags) {
    Cluster cluster = prepare(flavor, size, directory, moreFlags);
    try {
      cluster.members.forEach(MemberProcess::start);
      cluster.members.forEach(member -> member.awaitReady(READY_WITHIN));
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** The members, none of them started. */
  public static Cluster prepare(Flavor flavor, int size, Path directory, String... moreFlags) {
    List<Integer> ports = Ports.free(2 * size);
    List<String> peers = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      peers.add("m" + i + "=http://127.0.0.1:" + ports.get(size + i));
    }
    List<MemberProcess> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String client = "http://127.0.0.1:" + ports.get(i);
      String peer = "http://127.0.0.1:" + ports.get(size + i);
      Path own = directory.resolve("m" + i);
      List<String> flags = new ArrayList<>();
      flags.add("--name=m" + i);
      flags.add("--data-dir=" + own.resolve("data"));
      flags.add("--listen-client-urls=" + client);
      flags.add("--advertise-client-urls=" + client);
      flags.add("--listen-peer-urls=" + peer);
      flags.add("--initial-advertise-peer-urls=" + peer);
      flags.add("--initial-cluster=" + String.join(",", peers));
      flags.add("--initial-cluster-token=scenario");
      flags.addAll(List.of(moreFlags));
      members.add(new MemberProcess(flavor, "m" + i, own, ports.get(i), flags));
    }
    return new Cluster(members);
  }

  public List<MemberProcess> members() {
    return members;
  }

  public MemberProcess member(int index) {
    return members.get(index);
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
