package io.holdfast.server.auth;

import java.util.List;

/**
 * A named set of permissions that users are granted.
 *
 * @param permissions sorted by their first key; at most one for each range
 */
public record Role(String name, List<Permission> permissions) {
  /** Whoever has the role of this name may do everything, whatever permissions it lists. */
  public static final String ROOT = "root";

  public Role {
    permissions = List.copyOf(permissions);
  }
}
