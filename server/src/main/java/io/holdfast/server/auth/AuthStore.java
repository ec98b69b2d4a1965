package io.holdfast.server.auth;

import io.holdfast.server.backend.Bucket;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Keeps users, roles and whether authentication is on, in a bucket of the store, in the same
 * version as the data. The rules are etcd's: what is refused, with which error, and what raises the
 * auth revision.
 *
 * <p>Changed on the loop thread by committed commands; {@link #state} is read by any thread. Every
 * change is durable with the backend's next commit and sync, and part of every snapshot.
 */
public final class AuthStore {
  /** Where users and roles lie in the store. */
  public static final String BUCKET = "auth";

  private Bucket bucket;
  private volatile AuthState state = AuthState.FIRST;

  /** Reads what the bucket holds. */
  public AuthStore(Bucket bucket) {
    load(bucket);
  }

  /** Users and permissions as they are now. Any thread. */
  public AuthState state() {
    return state;
  }

  /** Goes over to the bucket of another store. */
  public void load(Bucket from) {
    bucket = from;
    SortedMap<String, User> users = new TreeMap<>();
    SortedMap<String, Role> roles = new TreeMap<>();
    from.forEach(
        (key, value) -> {
          if (key[0] == AuthCodec.USER) {
            users.put(AuthCodec.name(key), AuthCodec.user(key, value));
          } else if (key[0] == AuthCodec.ROLE) {
            roles.put(AuthCodec.name(key), AuthCodec.role(key, value));
          }
        });
    byte[] settings = from.get(AuthCodec.SETTINGS).orElse(null);
    state =
        new AuthState(
            settings != null && AuthCodec.enabled(settings),
            settings == null ? AuthState.FIRST.revision() : AuthCodec.revision(settings),
            users,
            roles);
  }

  /**
   * Turns authentication on; when it is on already, nothing happens. The revision stays.
   *
   * @throws io.holdfast.server.error.StoreException ROOT_USER_DOES_NOT_EXIST,
   *     ROOT_USER_DOES_NOT_HAVE_ROOT_ROLE
   */
  public void enable() {
    if (state.isEnabled()) {
      return;
    }
    User root = state.users().get(User.ROOT);
    if (root == null) {
      throw EtcdError.ROOT_USER_DOES_NOT_EXIST.asException();
    }
    if (!root.isRoot()) {
      throw EtcdError.ROOT_USER_DOES_NOT_HAVE_ROOT_ROLE.asException();
    }
    publish(true, state.revision(), state.users(), state.roles());
  }

  /** Turns authentication off; when it is off already, nothing happens. */
  public void disable() {
    if (state.isEnabled()) {
      publish(false, state.revision() + 1, state.users(), state.roles());
    }
  }

  /**
   * @param passwordHash ignored for a user without a password
   * @throws io.holdfast.server.error.StoreException USER_NAME_IS_EMPTY, USER_NAME_ALREADY_EXISTS
   */
  public void addUser(String name, String passwordHash, boolean noPassword) {
    if (name.isEmpty()) {
      throw EtcdError.USER_NAME_IS_EMPTY.asException();
    }
    if (state.users().containsKey(name)) {
      throw EtcdError.USER_NAME_ALREADY_EXISTS.asException();
    }
    write(
        new User(
            name, noPassword ? "" : passwordHash, noPassword, List.of(), state.revision() + 1));
  }

  /**
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_MANAGEMENT for root while
   *     authentication is on, USER_NAME_NOT_FOUND
   */
  public void deleteUser(String name) {
    if (state.isEnabled() && name.equals(User.ROOT)) {
      throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    }
    state.user(name);
    bucket.remove(AuthCodec.key(AuthCodec.USER, name));
    SortedMap<String, User> users = new TreeMap<>(state.users());
    users.remove(name);
    publish(users, state.roles());
  }

  /**
   * A user without a password stays without one.
   *
   * @throws io.holdfast.server.error.StoreException USER_NAME_NOT_FOUND
   */
  public void changePassword(String name, String passwordHash) {
    User user = state.user(name);
    write(user.withPasswordHash(user.noPassword() ? "" : passwordHash, state.revision() + 1));
  }

  /**
   * Granting what a user has already changes nothing. The role root need not exist.
   *
   * @throws io.holdfast.server.error.StoreException USER_NAME_NOT_FOUND, ROLE_NAME_NOT_FOUND
   */
  public void grantRole(String userName, String roleName) {
    User user = state.user(userName);
    if (!roleName.equals(Role.ROOT)) {
      state.role(roleName);
    }
    if (!user.roles().contains(roleName)) {
      write(user.withRole(roleName));
    }
  }

  /**
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_MANAGEMENT for root's role root
   *     while authentication is on, USER_NAME_NOT_FOUND, ROLE_IS_NOT_GRANTED_TO_THE_USER
   */
  public void revokeRole(String userName, String roleName) {
    if (state.isEnabled() && userName.equals(User.ROOT) && roleName.equals(Role.ROOT)) {
      throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    }
    User user = state.user(userName);
    if (!user.roles().contains(roleName)) {
      throw EtcdError.ROLE_IS_NOT_GRANTED_TO_THE_USER.asException();
    }
    write(user.withoutRole(roleName));
  }

  /**
   * @throws io.holdfast.server.error.StoreException ROLE_NAME_IS_EMPTY, ROLE_NAME_ALREADY_EXISTS
   */
  public void addRole(String name) {
    if (name.isEmpty()) {
      throw EtcdError.ROLE_NAME_IS_EMPTY.asException();
    }
    if (state.roles().containsKey(name)) {
      throw EtcdError.ROLE_NAME_ALREADY_EXISTS.asException();
    }
    write(new Role(name, List.of()));
  }

  /**
   * Takes the role from everybody who has it, too.
   *
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_MANAGEMENT for root while
   *     authentication is on, ROLE_NAME_NOT_FOUND
   */
  public void deleteRole(String name) {
    if (state.isEnabled() && name.equals(Role.ROOT)) {
      throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    }
    state.role(name);
    bucket.remove(AuthCodec.key(AuthCodec.ROLE, name));
    SortedMap<String, Role> roles = new TreeMap<>(state.roles());
    roles.remove(name);
    SortedMap<String, User> users = new TreeMap<>(state.users());
    for (User user : state.users().values()) {
      if (user.roles().contains(name)) {
        User changed = user.withoutRole(name);
        bucket.put(AuthCodec.key(AuthCodec.USER, user.name()), AuthCodec.encode(changed));
        users.put(user.name(), changed);
      }
    }
    publish(users, roles);
  }

  /**
   * Grants a permission; one for the same range is replaced.
   *
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_MANAGEMENT for a range without
   *     keys, ROLE_NAME_NOT_FOUND
   */
  public void grantPermission(String roleName, Permission permission) {
    KeyRange range = permission.range();
    if (range.start().length == 0 || range.isEmpty()) {
      throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    }
    writePermissions(
        roleName,
        permissions -> {
          permissions.removeIf(held -> held.range().equals(range));
          permissions.add(permission);
          return true;
        });
  }

  /**
   * @throws io.holdfast.server.error.StoreException ROLE_NAME_NOT_FOUND,
   *     PERMISSION_IS_NOT_GRANTED_TO_THE_ROLE
   */
  public void revokePermission(String roleName, KeyRange range) {
    writePermissions(
        roleName, permissions -> permissions.removeIf(held -> held.range().equals(range)));
  }

  private void writePermissions(String roleName, Function<List<Permission>, Boolean> change) {
    List<Permission> permissions = new ArrayList<>(state.role(roleName).permissions());
    if (!change.apply(permissions)) {
      throw EtcdError.PERMISSION_IS_NOT_GRANTED_TO_THE_ROLE.asException();
    }
    permissions.sort(
        Comparator.comparing(permission -> permission.range().start(), Arrays::compareUnsigned));
    write(new Role(roleName, permissions));
  }

  private void write(User user) {
    bucket.put(AuthCodec.key(AuthCodec.USER, user.name()), AuthCodec.encode(user));
    SortedMap<String, User> users = new TreeMap<>(state.users());
    users.put(user.name(), user);
    publish(users, state.roles());
  }

  private void write(Role role) {
    bucket.put(AuthCodec.key(AuthCodec.ROLE, role.name()), AuthCodec.encode(role));
    SortedMap<String, Role> roles = new TreeMap<>(state.roles());
    roles.put(role.name(), role);
    publish(state.users(), roles);
  }

  private void publish(SortedMap<String, User> users, SortedMap<String, Role> roles) {
    publish(state.isEnabled(), state.revision() + 1, users, roles);
  }

  private void publish(
      boolean enabled,
      long revision,
      SortedMap<String, User> users,
      SortedMap<String, Role> roles) {
    bucket.put(AuthCodec.SETTINGS, AuthCodec.settings(enabled, revision));
    state = new AuthState(enabled, revision, users, roles);
  }
}
