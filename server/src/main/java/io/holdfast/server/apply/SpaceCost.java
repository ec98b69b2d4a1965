package io.holdfast.server.apply;

import java.util.List;

/**
 * What a command may add to the store, as etcd estimates it: the bytes of keys and values, and a
 * round figure for what is kept beside them. Only commands that cost something are refused when
 * there is no space left. A pure function of the command.
 */
public final class SpaceCost {
  private static final int PAIR_OVERHEAD_BYTES = 256;
  private static final int LEASE_OVERHEAD_BYTES = 64;

  private SpaceCost() {}

  /** Bytes; 0 for what deletes, reads or changes nothing. */
  public static long bytes(Command command) {
    if (command instanceof Command.Put put) {
      return bytes(put);
    } else if (command instanceof Command.Txn txn) {
      return bytes(txn);
    } else if (command instanceof Command.LeaseGrant) {
      return LEASE_OVERHEAD_BYTES;
    }
    return 0;
  }

  private static long bytes(Command.Put put) {
    return (long) PAIR_OVERHEAD_BYTES + put.key().bytes().length + put.value().length;
  }

  /** The dearer of the two branches. */
  private static long bytes(Command.Txn txn) {
    return Math.max(bytes(txn.success()), bytes(txn.failure()));
  }

  private static long bytes(List<Operation> operations) {
    long sum = 0;
    for (int i = 0; i < operations.size(); i++) {
      if (operations.get(i) instanceof Command.Put put) {
        sum += bytes(put);
      } else if (operations.get(i) instanceof Command.Txn txn) {
        sum += bytes(txn);
      }
    }
    return sum;
  }
}
