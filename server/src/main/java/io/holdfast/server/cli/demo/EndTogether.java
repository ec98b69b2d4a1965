package io.holdfast.server.cli.demo;

import java.io.IOException;
import java.util.List;

/** Ends the children, and removes the folder, when this process is told to end. */
final class EndTogether {
  private EndTogether() {}

  /** The children end in the order given: the application before the store it reads from. */
  static void onSignal(DemoFolder folder, List<DemoChild> children) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(folder, children), "demo-end"));
  }

  private static void end(DemoFolder folder, List<DemoChild> children) {
    children.forEach(DemoChild::close);
    try {
      folder.close();
    } catch (IOException kept) {
      System.err.println("holdfast: could not remove " + folder.path() + ": " + kept.getMessage());
    }
    Runtime.getRuntime().halt(0);
  }
}
