package io.holdfast.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports on the loopback address, from below those that systems lend to clients: a member that
 * was killed finds its own port free when it starts again.
 */
public final class Ports {
  private static final int FIRST = 26_000;
  private static final int END = 31_000;
  private static final int TRIES = 1_000;

  /** Tests beside each other must not be given the same one before they use it. */
  private static final Set<Integer> GIVEN = new HashSet<>();

  private Ports() {}

  /** {@code count} different ports that nobody listens on now, and that were not given before. */
  public static synchronized List<Integer> free(int count) {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < TRIES && ports.size() < count; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (!GIVEN.contains(port) && isFree(port)) {
        GIVEN.add(port);
        ports.add(port);
      }
    }
    if (ports.size() < count) {
      throw new IllegalStateException("no " + count + " free ports from " + FIRST + " to " + END);
    }
    return ports;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }
}
