package io.holdfast.server.cli.demo;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends the children, and removes the folder, when this process is told to end. */
final class EndTogether implements AutoCloseable {
  private static final long SIGNAL_MILLIS_MAX = 500;

  private final CountDownLatch told = new CountDownLatch(1);
  private volatile boolean over;

  private EndTogether() {}

  /** The children end in the order given: the application before the store it reads from. */
  static EndTogether onSignal(DemoFolder folder, List<DemoChild> children) {
    EndTogether together = new EndTogether();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> together.end(folder, children), "demo-end"));
    return together;
  }

  /**
   * Whether this process is told to end, or will be in a moment: a terminal's Ctrl-C reaches it and
   * its children alike, in any order.
   */
  boolean isUnderWay() throws InterruptedException {
    return told.await(SIGNAL_MILLIS_MAX, TimeUnit.MILLISECONDS);
  }

  /** From now on this process ends as any other, with an exit code of its own. */
  @Override
  public void close() {
    over = true;
  }

  private void end(DemoFolder folder, List<DemoChild> children) {
    if (over) {
      return;
    }
    told.countDown();
    children.forEach(DemoChild::close);
    try {
      folder.close();
    } catch (IOException kept) {
      System.err.println("holdfast: could not remove " + folder.path() + ": " + kept.getMessage());
    }
    Runtime.getRuntime().halt(0);
  }
}
