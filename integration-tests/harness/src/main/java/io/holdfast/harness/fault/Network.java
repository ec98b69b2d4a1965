package io.holdfast.harness.fault;

import java.util.ArrayList;
import java.util.List;

/**
 * A network of its own for the members of a cluster: each lives in a network namespace, all hang on
 * one bridge, on which this machine has an address too. What one member sends to another can be
 * dropped, in one direction or both; clients on this machine reach everybody at all times. Needs
 * root.
 */
public final class Network implements AutoCloseable {
  private static final int OCTETS = 256;
  private static final int OWN_HOST = 254;

  private static Boolean usable;

  private final String name = "hf" + ProcessHandle.current().pid() % 1_000_000;
  private final String prefix = "198.18." + ProcessHandle.current().pid() % OCTETS + ".";
  private final List<String> namespaces = new ArrayList<>();

  private Network() {}

  /** Whether such networks can be had here; says why not. */
  public static synchronized boolean isUsable() {
    if (usable == null) {
      usable = Needs.programs("ip", "nft") && Needs.root() && works();
    }
    return usable;
  }

  private static boolean works() {
    try (Network network = create(1)) {
      return !network.namespaces.isEmpty();
    } catch (IllegalStateException e) {
      return Needs.skipped("no network namespaces with nft here: " + e.getMessage());
    }
  }

  /** A network with room for {@code members}; one at a time in a process. */
  public static Network create(int members) {
    Network network = new Network();
    try {
      Needs.run("ip", "link", "add", network.name, "type", "bridge");
      Needs.run("ip", "addr", "add", network.prefix + OWN_HOST + "/24", "dev", network.name);
      Needs.run("ip", "link", "set", network.name, "up");
      for (int i = 0; i < members; i++) {
        network.addMember(i);
      }
      return network;
    } catch (IllegalStateException e) {
      network.close();
      throw e;
    }
  }

  private void addMember(int index) {
    String namespace = name + "-" + index;
    String outside = name + "o" + index;
    String inside = name + "i" + index;
    Needs.run("ip", "netns", "add", namespace);
    namespaces.add(namespace);
    Needs.run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside);
    Needs.run("ip", "link", "set", inside, "netns", namespace);
    Needs.run("ip", "link", "set", outside, "master", name, "up");
    inNamespace(index, "ip", "addr", "add", address(index) + "/24", "dev", inside);
    inNamespace(index, "ip", "link", "set", inside, "up");
    inNamespace(index, "ip", "link", "set", "lo", "up");
    inNamespace(index, "nft", "add table inet faults");
    inNamespace(
        index, "nft", "add chain inet faults arriving { type filter hook input priority 0; }");
  }

  /** The address of a member. */
  public String address(int index) {
    return prefix + (index + 1);
  }

  /** What a member's command has to be wrapped in. */
  public List<String> wrapper(int index) {
    return List.of("ip", "netns", "exec", namespaces.get(index));
  }

  /** From now on nothing that one member sends reaches the other. */
  public void drop(int from, int to) {
    inNamespace(to, "nft", "add rule inet faults arriving ip saddr " + address(from) + " drop");
  }

  /** Everything arrives again. */
  public void heal() {
    for (int i = 0; i < namespaces.size(); i++) {
      inNamespace(i, "nft", "flush chain inet faults arriving");
    }
  }

  private void inNamespace(int index, String... command) {
    List<String> whole = new ArrayList<>(wrapper(index));
    whole.addAll(List.of(command));
    Needs.run(whole.toArray(String[]::new));
  }

  /** Removes the network; nobody may live in it any more. */
  @Override
  public void close() {
    for (String namespace : namespaces) {
      Needs.run("ip", "netns", "del", namespace);
    }
    namespaces.clear();
    Needs.run("ip", "link", "del", name);
  }
}
