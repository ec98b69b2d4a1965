package io.holdfast.server.service.member;

import io.holdfast.server.node.FatalHandler;

/**
 * Ends the process at once, without shutdown hooks: nothing may be written or acknowledged any
 * more, and the next start reads back what is really on the disk.
 */
final class HaltOnFailure implements FatalHandler {
  private static final int EXIT_CODE = 1;
  private static final System.Logger LOGGER = System.getLogger(HaltOnFailure.class.getName());

  @Override
  public void fail(Throwable cause) {
    try {
      LOGGER.log(System.Logger.Level.ERROR, "the member ends itself: " + describe(cause));
    } finally {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  private static String describe(Throwable cause) {
    StringBuilder text = new StringBuilder(cause.toString());
    for (Throwable deeper = cause.getCause(); deeper != null; deeper = deeper.getCause()) {
      text.append("; caused by ").append(deeper);
    }
    StackTraceElement[] stack = cause.getStackTrace();
    return stack.length == 0 ? text.toString() : text.append(" at ").append(stack[0]).toString();
  }
}
