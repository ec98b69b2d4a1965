package io.holdfast.server.cli.bench;

import java.io.PrintStream;

/** One line on standard error that shows how far a run has come; silent when nobody watches. */
public final class ProgressBar {
  private static final int WIDTH = 40;

  private final PrintStream out;
  private final boolean shown;
  private final String label;

  public ProgressBar(PrintStream out, boolean shown, String label) {
    this.out = out;
    this.shown = shown;
    this.label = label;
  }

  /**
   * @param fraction from 0 to 1
   * @param detail what to say behind the bar, such as the rate
   */
  public void show(double fraction, String detail) {
    if (!shown) {
      return;
    }
    double bounded = Math.max(0, Math.min(1, fraction));
    int filled = (int) (bounded * WIDTH);
    String bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
    out.printf("\r%-22s [%s] %3d%% %-24s", label, bar, (int) (bounded * 100), detail);
    out.flush();
  }

  /** Clears the line, so that the report starts on a clean one. */
  public void done() {
    if (shown) {
      out.print("\r" + " ".repeat(WIDTH + 56) + "\r");
      out.flush();
    }
  }
}
