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

  /**
   * Goes on when something holds.
   *
   * @param detail what to say otherwise, in parts: they are put together only when they are needed,
   *     as nearly all that is looked at is right
   */
  static void require(boolean holds, String property, Object... detail) {
    if (!holds) {
      throw new HistoryViolation(property, text(detail));
    }
  }

  static String text(Object... parts) {
    StringBuilder text = new StringBuilder();
    for (Object part : parts) {
      text.append(part);
    }
    return text.toString();
  }
}
