package io.holdfast.server.service.member;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** What a member has opened, closed in the opposite order. */
final class Resources implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(Resources.class.getName());
  private static final long SHUTDOWN_SECONDS_MAX = 5;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** Takes note of something open. */
  <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Takes note of an executor. */
  <T extends ExecutorService> T ended(T executor) {
    opened(() -> finish(executor));
    return executor;
  }

  /** Closes everything, whatever fails on the way. */
  @Override
  public void close() {
    while (!opened.isEmpty()) {
      AutoCloseable resource = opened.pop();
      try {
        resource.close();
      } catch (Exception e) {
        LOGGER.log(System.Logger.Level.WARNING, "closing " + resource + " failed", e);
      }
    }
  }

  /** Without interrupting: an interrupt would close the store's file under its reader. */
  private static void finish(ExecutorService executor) throws InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(SHUTDOWN_SECONDS_MAX, TimeUnit.SECONDS)) {
      LOGGER.log(System.Logger.Level.WARNING, "a background task did not end in time");
    }
  }
}
