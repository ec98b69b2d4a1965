package io.holdfast.server.apply;

import io.holdfast.server.alarm.AlarmBook;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;

/**
 * What standing alarms forbid. They are part of the state, so a command is refused on every member
 * or on none.
 */
final class AlarmGate {
  private AlarmGate() {}

  /**
   * @throws StoreException CORRUPT_CLUSTER for everything about keys and leases while data is
   *     damaged; NO_SPACE for what takes space while there is none
   */
  static void check(AlarmBook alarms, Command command) {
    if (alarms.isCorrupt() && isAboutKeysOrLeases(command)) {
      throw EtcdError.CORRUPT_CLUSTER.asException();
    }
    if (alarms.isNoSpace() && SpaceCost.bytes(command) > 0) {
      throw EtcdError.NO_SPACE.asException();
    }
  }

  private static boolean isAboutKeysOrLeases(Command command) {
    return command instanceof Command.Put
        || command instanceof Command.DeleteRange
        || command instanceof Command.Txn
        || command instanceof Command.Compact
        || command instanceof Command.LeaseGrant
        || command instanceof Command.LeaseRevoke;
  }
}
