package io.holdfast.driver;

import java.util.Optional;

/** A connection URL or property that cannot be used. Always of state {@code 22023}. */
public class InvalidUrlException extends HoldfastException {
  private static final long serialVersionUID = 1L;

  private final DriverProperty nearest;

  /**
   * Refuses a URL or property.
   *
   * @param message what is wrong and how to mend it
   * @param nearest the property that was meant, as far as one can tell, or null
   */
  public InvalidUrlException(String message, DriverProperty nearest) {
    super(ErrorState.INVALID_ARGUMENT, message);
    this.nearest = nearest;
  }

  /** The property at fault, or the one whose name is nearest to an unknown one. */
  public Optional<DriverProperty> nearestProperty() {
    return Optional.ofNullable(nearest);
  }
}
