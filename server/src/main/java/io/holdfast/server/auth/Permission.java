package io.holdfast.server.auth;

import io.holdfast.server.mvcc.KeyRange;
import java.util.Objects;

/** A right over the keys of a range. */
public record Permission(KeyRange range, AccessKind kind) {
  public Permission {
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(kind, "kind");
  }
}
