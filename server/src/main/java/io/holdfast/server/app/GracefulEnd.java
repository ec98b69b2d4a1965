package io.holdfast.server.app;

import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.service.member.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * What happens on SIGTERM, SIGINT and SIGHUP, and when the member was removed from its cluster: the
 * member hands its leadership over, its files are closed, and the process ends. Acknowledged writes
 * are on disk all the time, so if the disk is too slow for a good end, the process ends without.
 */
final class GracefulEnd {
  private static final Logger LOG = System.getLogger(GracefulEnd.class.getName());
  private static final long MILLIS_MAX = 1_300;

  /** Time for the answer to the one who asked for the removal. */
  private static final long ANSWER_MILLIS = 1_000;

  private final ClientPort clients;
  private final Member member;

  private GracefulEnd(ClientPort clients, Member member) {
    this.clients = clients;
    this.member = member;
  }

  /** From now on a signal ends the process in good order. */
  static GracefulEnd onSignal(ClientPort clients, Member member) {
    GracefulEnd end = new GracefulEnd(clients, member);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> end.end("stopping: handing over and closing files", 0),
                "holdfast-graceful-end"));
    return end;
  }

  /** The cluster has no place for this member any more: it ends by itself. Returns at once. */
  void afterRemoval(MemberRemovedException removal) {
    Thread thread =
        new Thread(
            () -> {
              LOG.log(Level.ERROR, removal.getMessage());
              try {
                Thread.sleep(ANSWER_MILLIS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              end("stopping: this member was removed", FailureLine.EXIT_REMOVED);
            },
            "holdfast-removed");
    thread.setDaemon(true);
    thread.start();
  }

  private void end(String why, int exitCode) {
    LOG.log(Level.INFO, why);
    Thread work = new Thread(this::close, "holdfast-close");
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
    Runtime.getRuntime().halt(exitCode);
  }

  /** The member first: it hands over while clients are still connected and learn of it. */
  private void close() {
    try {
      member.close();
    } finally {
      clients.close();
    }
  }
}
