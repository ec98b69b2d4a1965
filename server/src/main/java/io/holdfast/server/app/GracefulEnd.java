package io.holdfast.server.app;

import io.holdfast.server.service.member.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * What happens on SIGTERM, SIGINT and SIGHUP: the member hands its leadership over, its files are
 * closed, and the process ends with code 0. Acknowledged writes are on disk all the time, so if the
 * disk is too slow for a good end, the process ends without.
 */
final class GracefulEnd {
  private static final Logger LOG = System.getLogger(GracefulEnd.class.getName());
  private static final long MILLIS_MAX = 1_300;

  private GracefulEnd() {}

  /** From now on a signal ends the process in good order. */
  static void onSignal(ClientPort clients, Member member) {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> end(clients, member), "holdfast-graceful-end"));
  }

  private static void end(ClientPort clients, Member member) {
    LOG.log(Level.INFO, "stopping: handing over and closing files");
    Thread work = new Thread(() -> close(clients, member), "holdfast-close");
    work.setDaemon(true);
    work.start();
    try {
      work.join(MILLIS_MAX);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    LOG.log(
        work.isAlive() ? Level.WARNING : Level.INFO,
        work.isAlive() ? "stopped before everything was closed: too slow" : "stopped");
    Runtime.getRuntime().halt(0);
  }

  /** The member first: it hands over while clients are still connected and learn of it. */
  private static void close(ClientPort clients, Member member) {
    try {
      member.close();
    } finally {
      clients.close();
    }
  }
}
