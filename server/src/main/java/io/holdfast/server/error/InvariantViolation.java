package io.holdfast.server.error;

/**
 * A property that must always hold does not: the process cannot go on without risking data, and the
 * one who catches this at the top of a thread ends it. Checks that raise it stay on in production.
 */
public final class InvariantViolation extends Error {
  private static final long serialVersionUID = 1L;

  private final String invariant;

  /**
   * @param invariant the name of the property, as the field knows it ("log matching")
   * @param detail the values that break it; never a key's value or a secret
   */
  public InvariantViolation(String invariant, String detail) {
    super(invariant + " violated: " + detail);
    this.invariant = invariant;
  }

  public String invariant() {
    return invariant;
  }

  /**
   * @throws InvariantViolation when {@code holds} is false
   */
  public static void check(boolean holds, String invariant, String detail) {
    if (!holds) {
      throw new InvariantViolation(invariant, detail);
    }
  }
}
