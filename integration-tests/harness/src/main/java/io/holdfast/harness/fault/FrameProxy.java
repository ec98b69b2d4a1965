package io.holdfast.harness.fault;

import io.holdfast.harness.Ports;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands before a peer port and loses, repeats, delays and reorders the messages that come in, as a
 * network without TCP would; connections stay up. It reads HTTP/2 frames, and takes only those
 * apart that carry whole gRPC messages, so that what arrives is always well-formed.
 *
 * <p>Flow control is kept in balance: the sender is given the credit for what was lost, and credit
 * that the receiver gives for repetitions is kept from the sender.
 */
public final class FrameProxy implements AutoCloseable {
  private static final int BACKLOG = 50;

  private final ServerSocket server;
  private final int targetPort;
  private final long seed;
  private final List<Socket> sockets = new ArrayList<>();
  private final AtomicLong connections = new AtomicLong();
  private final Counts counts = new Counts();
  private volatile Mischief mischief = Mischief.NONE;

  /**
   * How often what happens to a message, in thousandths.
   *
   * @param held put behind up to three later messages, or a tenth of a second
   */
  public record Mischief(int dropped, int repeated, int held, int delayed) {
    /** Everything arrives as it was sent. */
    public static final Mischief NONE = new Mischief(0, 0, 0, 0);
  }

  /** What has been done to messages so far. */
  public static final class Counts {
    final AtomicLong passed = new AtomicLong();
    final AtomicLong dropped = new AtomicLong();
    final AtomicLong repeated = new AtomicLong();
    final AtomicLong held = new AtomicLong();
    final AtomicLong delayed = new AtomicLong();

    /** Messages lost, repeated, overtaken or late. */
    public long troubled() {
      return dropped.get() + repeated.get() + held.get() + delayed.get();
    }

    @Override
    public String toString() {
      return String.format(
          "%s messages passed, %s dropped, %s repeated, %s overtaken, %s delayed",
          passed, dropped, repeated, held, delayed);
    }
  }

  /** A proxy on a free port of the loopback address, in front of {@code targetPort} there. */
  public static FrameProxy before(int targetPort, long seed) {
    return new FrameProxy(Ports.free(1).get(0), targetPort, seed);
  }

  private FrameProxy(int listenPort, int targetPort, long seed) {
    try {
      server = new ServerSocket(listenPort, BACKLOG, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.targetPort = targetPort;
    this.seed = seed;
    daemon(this::accept);
  }

  /** What happens to messages from now on. */
  public void set(Mischief wanted) {
    mischief = wanted;
  }

  /** The port that members are told instead of the true one. */
  public int port() {
    return server.getLocalPort();
  }

  public Counts counts() {
    return counts;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        keep(client);
        Socket target = connect(client);
        if (target != null) {
          Pipe there = new Pipe(client, target);
          there.start(seed + connections.incrementAndGet());
        }
      } catch (IOException e) {
        // The proxy is being closed, or the client gave up meanwhile.
        continue;
      }
    }
  }

  /** The connection to the target; null when it refuses, and then the client is refused too. */
  private Socket connect(Socket client) throws IOException {
    try {
      Socket target = new Socket(InetAddress.getLoopbackAddress(), targetPort);
      target.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      keep(target);
      return target;
    } catch (IOException refused) {
      client.close();
      return null;
    }
  }

  private synchronized void keep(Socket socket) {
    sockets.add(socket);
  }

  static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "frame-proxy");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public synchronized void close() {
    try {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One connection: messages there pass through {@link FrameMangler}, everything back as it is. */
  private final class Pipe {
    private final Socket client;
    private final Socket target;

    Pipe(Socket client, Socket target) {
      this.client = client;
      this.target = target;
    }

    void start(long pipeSeed) throws IOException {
      OutputStream back = client.getOutputStream();
      FrameMangler mangler =
          new FrameMangler(
              new Random(pipeSeed), () -> mischief, counts, target.getOutputStream(), back);
      DataInputStream from = new DataInputStream(client.getInputStream());
      DataInputStream answers = new DataInputStream(target.getInputStream());
      daemon(() -> run(() -> mangler.forward(from)));
      daemon(() -> run(() -> mangler.back(answers)));
      daemon(() -> run(mangler::release));
    }

    private void run(Task task) {
      try {
        task.run();
      } catch (IOException | InterruptedException e) {
        // One side has hung up: so does the other.
        closeBoth();
      }
    }

    private void closeBoth() {
      try {
        client.close();
        target.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private interface Task {
    void run() throws IOException, InterruptedException;
  }
}
