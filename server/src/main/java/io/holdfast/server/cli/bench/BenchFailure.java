package io.holdfast.server.cli.bench;

/** A measurement cannot be made; the message says why in one line. */
final class BenchFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchFailure(String message) {
    super(message, null, false, false);
  }
}
