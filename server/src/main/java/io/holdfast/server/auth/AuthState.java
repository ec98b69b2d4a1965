package io.holdfast.server.auth;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Users, roles and permissions as of one auth revision, with the answers to what is asked of them.
 * Immutable: every thread may ask, and what it asks of one instance belongs together.
 *
 * <p>Checks follow etcd's: who has the role {@code root} may do everything; anybody else needs
 * permissions whose union holds every key asked for.
 */
public final class AuthState {
  /** A store in which nothing was ever changed. */
  static final AuthState FIRST = new AuthState(false, 1, new TreeMap<>(), new TreeMap<>());

  private final boolean enabled;
  private final long revision;
  private final SortedMap<String, User> users;
  private final SortedMap<String, Role> roles;
  private final Map<String, Rights> rightsByUser = new HashMap<>();

  private record Rights(boolean root, KeyCoverage readable, KeyCoverage writable) {
    KeyCoverage of(AccessKind kind) {
      return kind == AccessKind.WRITE ? writable : readable;
    }
  }

  AuthState(
      boolean enabled,
      long revision,
      SortedMap<String, User> users,
      SortedMap<String, Role> roles) {
    this.enabled = enabled;
    this.revision = revision;
    this.users = Collections.unmodifiableSortedMap(users);
    this.roles = Collections.unmodifiableSortedMap(roles);
    users.values().forEach(user -> rightsByUser.put(user.name(), rights(user)));
  }

  private Rights rights(User user) {
    List<KeyRange> readable = new ArrayList<>();
    List<KeyRange> writable = new ArrayList<>();
    for (String name : user.roles()) {
      Role role = roles.get(name);
      for (Permission permission : role == null ? List.<Permission>of() : role.permissions()) {
        if (permission.kind().allows(AccessKind.READ)) {
          readable.add(permission.range());
        }
        if (permission.kind().allows(AccessKind.WRITE)) {
          writable.add(permission.range());
        }
      }
    }
    return new Rights(user.isRoot(), KeyCoverage.of(readable), KeyCoverage.of(writable));
  }

  /** Whether requests need somebody who has signed in. */
  public boolean isEnabled() {
    return enabled;
  }

  /** Counts the changes of users and roles, from 1. */
  public long revision() {
    return revision;
  }

  /** By name. */
  public SortedMap<String, User> users() {
    return users;
  }

  /** By name. */
  public SortedMap<String, Role> roles() {
    return roles;
  }

  /**
   * @throws io.holdfast.server.error.StoreException USER_NAME_NOT_FOUND
   */
  public User user(String name) {
    User user = users.get(name);
    if (user == null) {
      throw EtcdError.USER_NAME_NOT_FOUND.asException();
    }
    return user;
  }

  /**
   * @throws io.holdfast.server.error.StoreException ROLE_NAME_NOT_FOUND
   */
  public Role role(String name) {
    Role role = roles.get(name);
    if (role == null) {
      throw EtcdError.ROLE_NAME_NOT_FOUND.asException();
    }
    return role;
  }

  /**
   * Who signed in as a user at an auth revision.
   *
   * @throws io.holdfast.server.error.StoreException AUTH_REVISION_OLD when the user was deleted or
   *     the password changed since: signing in again will tell
   */
  public Caller.SignedIn signedInAt(String name, long authRevision) {
    User user = users.get(name);
    if (user == null || authRevision < user.credentialRevision()) {
      throw EtcdError.AUTH_REVISION_OLD.asException();
    }
    return new Caller.SignedIn(name, authRevision);
  }

  /** Whether nothing has to be asked about what this caller does. */
  public boolean isUnrestricted(Caller caller) {
    return !enabled || caller instanceof Caller.Cluster;
  }

  /**
   * Checks that a caller is somebody.
   *
   * @throws io.holdfast.server.error.StoreException USER_NAME_IS_EMPTY for an anonymous one
   */
  public void checkSignedIn(Caller caller) {
    if (!isUnrestricted(caller) && !(caller instanceof Caller.SignedIn)) {
      throw EtcdError.USER_NAME_IS_EMPTY.asException();
    }
  }

  /**
   * Checks what only the role root may do. Unlike permissions on keys it does not depend on the
   * revision at which the caller was recognized.
   *
   * @throws io.holdfast.server.error.StoreException USER_NAME_IS_EMPTY, USER_NAME_NOT_FOUND,
   *     PERMISSION_DENIED
   */
  public void checkRoot(Caller caller) {
    if (isUnrestricted(caller)) {
      return;
    }
    checkSignedIn(caller);
    if (!user(((Caller.SignedIn) caller).user()).isRoot()) {
      throw EtcdError.PERMISSION_DENIED.asException();
    }
  }

  /** Whether {@link #checkRoot} lets the caller pass. */
  public boolean isRoot(Caller caller) {
    if (isUnrestricted(caller)) {
      return true;
    }
    return caller instanceof Caller.SignedIn known
        && users.containsKey(known.user())
        && users.get(known.user()).isRoot();
  }

  /**
   * Checks that a caller may read, or may write, every key of a range.
   *
   * @param kind READ or WRITE
   * @throws io.holdfast.server.error.StoreException USER_NAME_IS_EMPTY for an anonymous caller,
   *     AUTH_REVISION_OLD for one who was recognized before the last change, PERMISSION_DENIED
   */
  public void checkKeys(Caller caller, KeyRange range, AccessKind kind) {
    if (isUnrestricted(caller)) {
      return;
    }
    checkSignedIn(caller);
    Caller.SignedIn known = (Caller.SignedIn) caller;
    if (known.authRevision() < revision) {
      throw EtcdError.AUTH_REVISION_OLD.asException();
    }
    Rights rights = rightsByUser.get(known.user());
    if (rights == null || !rights.root() && !rights.of(kind).covers(range)) {
      throw EtcdError.PERMISSION_DENIED.asException();
    }
  }

  /**
   * Checks that an answer was made under the permissions by which it was admitted.
   *
   * @throws io.holdfast.server.error.StoreException AUTH_REVISION_OLD
   */
  public void checkUnchanged(Caller caller) {
    if (enabled && caller instanceof Caller.SignedIn known && known.authRevision() != revision) {
      throw EtcdError.AUTH_REVISION_OLD.asException();
    }
  }
}
