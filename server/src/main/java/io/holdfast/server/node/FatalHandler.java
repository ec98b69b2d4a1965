package io.holdfast.server.node;

/**
 * Ends the process when its promises can no longer be kept: a storage failure, a broken invariant,
 * or any unexpected error on the loop. In production it logs one line and halts; it may return only
 * in tests, and the node acknowledges nothing afterwards.
 */
@FunctionalInterface
public interface FatalHandler {
  void fail(Throwable cause);
}
