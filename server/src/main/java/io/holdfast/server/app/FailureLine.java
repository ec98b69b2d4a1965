package io.holdfast.server.app;

import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.InvalidUrlException;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.error.StartupException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/** Turns what ended a command into one line on the error stream and an exit code. */
final class FailureLine {
  static final int EXIT_FAILURE = 1;
  static final int EXIT_USAGE = 2;

  /** A member that was removed from its cluster: starting it again helps nobody. */
  static final int EXIT_REMOVED = 3;

  private FailureLine() {}

  /**
   * @return the exit code
   * @throws T the failure itself, when it is none that an operator could do something about
   */
  static <T extends Exception> int explain(PrintWriter err, T failure) throws T {
    if (failure instanceof UsageException || failure instanceof InvalidUrlException) {
      err.println("holdfast: " + failure.getMessage());
      return EXIT_USAGE;
    }
    if (failure instanceof StartupException) {
      err.println("holdfast: " + failure.getMessage());
      return EXIT_FAILURE;
    }
    if (failure instanceof HoldfastException refused) {
      String doubt = refused.outcomeUnknown() ? " (it may have been executed)" : "";
      err.println("holdfast: " + refused.getMessage() + doubt);
      return EXIT_FAILURE;
    }
    if (failure instanceof UncheckedIOException closed) {
      err.println("holdfast: " + closed.getMessage());
      return EXIT_FAILURE;
    }
    throw failure;
  }
}
