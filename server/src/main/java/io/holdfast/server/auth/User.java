package io.holdfast.server.auth;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Somebody who may sign in.
 *
 * @param passwordHash a bcrypt hash in its usual text form; empty for users without a password
 * @param noPassword whether the user signs in by certificate only and never has a password
 * @param roles names, sorted, each once
 * @param credentialRevision the auth revision at which the user was added or the password last
 *     changed: who signed in before that is not this user any more. 0 when it was before that was
 *     noted
 */
public record User(
    String name,
    String passwordHash,
    boolean noPassword,
    List<String> roles,
    long credentialRevision) {
  /** The user that must exist, with the role of the same name, for authentication to be on. */
  public static final String ROOT = "root";

  public User {
    roles = List.copyOf(roles);
  }

  public boolean isRoot() {
    return roles.contains(Role.ROOT);
  }

  User withPasswordHash(String hash, long revision) {
    return new User(name, hash, noPassword, roles, revision);
  }

  User withRole(String role) {
    TreeSet<String> more = new TreeSet<>(roles);
    more.add(role);
    return new User(name, passwordHash, noPassword, List.copyOf(more), credentialRevision);
  }

  User withoutRole(String role) {
    List<String> fewer = new ArrayList<>(roles);
    fewer.remove(role);
    return new User(name, passwordHash, noPassword, fewer, credentialRevision);
  }

  /** Without the hash, so that no log line can show it. */
  @Override
  public String toString() {
    return "user " + name + " with roles " + roles;
  }
}
