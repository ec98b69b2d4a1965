package io.holdfast.server.grpc.listener;

import io.holdfast.server.ops.SparseLog;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.SocketAddress;

/** Says in the log why clients are not served, once a second at most. Thread-safe. */
final class RefusedHandshakes {
  private final SparseLog log;

  RefusedHandshakes(SparseLog log) {
    this.log = log;
  }

  /** Into the process's log. */
  static RefusedHandshakes logged() {
    return new RefusedHandshakes(SparseLog.of(System.getLogger(RefusedHandshakes.class.getName())));
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
    log.say(() -> "refused a TLS connection of client " + client + ": " + reason(cause));
  }
}
