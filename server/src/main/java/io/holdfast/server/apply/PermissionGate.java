package io.holdfast.server.apply;

import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Whether a caller may execute a command. Asked twice: before it is proposed, so that what is
 * forbidden takes no place in the log, and when it is applied, by the permissions in force then,
 * which is the answer that counts and the same on every member.
 *
 * <p>A transaction is looked at whole: both branches, at any depth, comparisons included. What a
 * command answers beside its effect (previous pairs) needs the right to read.
 */
public final class PermissionGate {
  /** Before a command is proposed nobody knows which keys a lease will have when it is applied. */
  private static final LongFunction<List<Key>> LEASES_UNKNOWN = leaseId -> List.of();

  private final AuthState state;
  private final Caller caller;
  private final LongFunction<List<Key>> keysOfLease;

  private PermissionGate(AuthState state, Caller caller, LongFunction<List<Key>> keysOfLease) {
    this.state = state;
    this.caller = caller;
    this.keysOfLease = keysOfLease;
  }

  /**
   * Checks before proposing. Any thread.
   *
   * @throws io.holdfast.server.error.StoreException as {@link AuthState} refuses
   */
  public static void check(AuthState state, Caller caller, Command command) {
    check(state, caller, command, LEASES_UNKNOWN);
  }

  /**
   * @param keysOfLease the keys attached to a lease; none for one that does not exist
   */
  static void check(
      AuthState state, Caller caller, Command command, LongFunction<List<Key>> keysOfLease) {
    if (!state.isUnrestricted(caller)) {
      new PermissionGate(state, caller, keysOfLease).check(command);
    }
  }

  /** What is not named here needs root: a new command is forbidden until somebody decides. */
  private void check(Command command) {
    if (command instanceof Command.Authenticate) {
      return;
    }
    state.checkSignedIn(caller);
    if (command instanceof Command.Put put) {
      check(put);
    } else if (command instanceof Command.DeleteRange delete) {
      check(delete);
    } else if (command instanceof Command.Txn txn) {
      check(txn);
    } else if (command instanceof Command.LeaseRevoke revoke) {
      checkLease(revoke.leaseId());
    } else if (!(command instanceof Command.LeaseGrant)) {
      state.checkRoot(caller);
    }
  }

  private void check(Command.Put put) {
    KeyRange key = KeyRange.single(put.key());
    state.checkKeys(caller, key, AccessKind.WRITE);
    if (put.leaseId() != 0) {
      // Whoever attaches a key could keep others' keys alive with it, or let them end.
      checkLease(put.leaseId());
    }
    if (put.previousWanted()) {
      state.checkKeys(caller, key, AccessKind.READ);
    }
  }

  private void check(Command.DeleteRange delete) {
    state.checkKeys(caller, delete.range(), AccessKind.WRITE);
    if (delete.previousWanted()) {
      state.checkKeys(caller, delete.range(), AccessKind.READ);
    }
  }

  private void check(Command.Txn txn) {
    for (Compare compare : txn.compares()) {
      state.checkKeys(caller, compare.range(), AccessKind.READ);
    }
    txn.success().forEach(this::check);
    txn.failure().forEach(this::check);
  }

  private void check(Operation operation) {
    if (operation instanceof Operation.Range range) {
      state.checkKeys(caller, range.query().range(), AccessKind.READ);
    } else if (operation instanceof Command.Put put) {
      check(put);
    } else if (operation instanceof Command.DeleteRange delete) {
      check(delete);
    } else if (operation instanceof Command.Txn txn) {
      check(txn);
    } else {
      state.checkRoot(caller);
    }
  }

  private void checkLease(long leaseId) {
    if (state.isRoot(caller)) {
      return;
    }
    for (Key key : keysOfLease.apply(leaseId)) {
      state.checkKeys(caller, KeyRange.single(key), AccessKind.WRITE);
    }
  }
}
