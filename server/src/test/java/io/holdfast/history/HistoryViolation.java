package io.holdfast.history;

/** What was recorded cannot have come from a correct store. */
public final class HistoryViolation extends AssertionError {
  private static final long serialVersionUID = 1L;

  private final String property;

  /**
   * @param property the promise that was broken, in a few words
   */
  public HistoryViolation(String property, String detail) {
    super(property + ": " + detail);
    this.property = property;
  }

  /** The promise that was broken. */
  public String property() {
    return property;
  }

  static void require(boolean holds, String property, String detail) {
    if (!holds) {
      throw new HistoryViolation(property, detail);
    }
  }
}
