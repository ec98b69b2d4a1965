package io.holdfast.history;

import java.util.Optional;

/** One key's change at one revision: a put with its new version, or a delete. */
public record Change(String key, Optional<Version> put) {
  public static Change put(Version version) {
    return new Change(version.key(), Optional.of(version));
  }

  public static Change delete(String key) {
    return new Change(key, Optional.empty());
  }

  public boolean isPut() {
    return put.isPresent();
  }
}
