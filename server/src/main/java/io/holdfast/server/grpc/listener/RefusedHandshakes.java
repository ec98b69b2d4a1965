package io.holdfast.server.grpc.listener;

import io.netty.handler.ssl.NotSslRecordException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Says in the log why clients are not served, once a second at most. Thread-safe. */
final class RefusedHandshakes {
  private static final Logger LOG = System.getLogger(RefusedHandshakes.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Consumer<String> log;
  private final AtomicLong saidAtNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);
  private final AtomicLong unsaid = new AtomicLong();

  RefusedHandshakes(Consumer<String> log) {
    this.log = log;
  }

  /** Into the process's log. */
  static RefusedHandshakes logged() {
    return new RefusedHandshakes(line -> LOG.log(Level.WARNING, line));
  }

  private static String reason(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    // The exception itself shows what was sent, which may be a password.
    return root instanceof NotSslRecordException
        ? "it does not speak TLS; use https:// there"
        : root.getMessage();
  }

  /**
   * @param client null when it has gone already
   */
  void refused(SocketAddress client, Throwable cause) {
    long now = System.nanoTime();
    long last = saidAtNanos.get();
    if (now - last < PAUSE_NANOS || !saidAtNanos.compareAndSet(last, now)) {
      unsaid.incrementAndGet();
      return;
    }
    long others = unsaid.getAndSet(0);
    log.accept(
        "refused a TLS connection of client "
            + client
            + ": "
            + reason(cause)
            + (others == 0 ? "" : " (and " + others + " more since the last such line)"));
  }
}
