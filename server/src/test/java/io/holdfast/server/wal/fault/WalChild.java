package io.holdfast.server.wal.fault;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.BatchListener;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A process that writes a log and says on its standard output what is acknowledged, until it is
 * killed. Arguments: the log's directory, and at which call to the disk it kills itself (0 =
 * never).
 */
public final class WalChild {
  static final WalIdentity SELF = new WalIdentity(7, 9);
  static final int LAST_INDEX = 33;
  static final int KILLED = 137;

  private WalChild() {}

  public static void main(String[] arguments) {
    int killAt = Integer.parseInt(arguments[1]);
    int[] calls = {0};
    Disk disk =
        new InterceptedDisk(
            new RealDisk(),
            (call, path) -> {
              if (++calls[0] == killAt) {
                Runtime.getRuntime().halt(KILLED);
              }
            });
    try (Wal wal = Wal.open(Path.of(arguments[0]), options(disk), SELF).wal()) {
      for (long index = 1; index <= LAST_INDEX; index += 3) {
        wal.append(
            Optional.of(hardState(index + 2)),
            List.of(entry(index), entry(index + 1), entry(index + 2)));
        wal.sync();
        acknowledge("ack " + (index + 2));
        if (index % 9 == 1 && index > 9) {
          wal.snapshotSaved(mark(index - 2));
          wal.truncatePrefix(index - 1);
          acknowledge("mark " + (index - 2));
        }
      }
    }
    System.out.println("calls " + calls[0]);
  }

  /** Segments of 4 to 8 KiB, so that a short run fills and recycles several. */
  static WalOptions options(Disk disk) {
    return new WalOptions(disk, 8 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
  }

  static HardState hardState(long index) {
    return new HardState(index, index % 3 + 1, index - 1);
  }

  static Entry entry(long index) {
    byte[] data = new byte[(int) (index * 97 % 700)];
    Arrays.fill(data, (byte) index);
    return new Entry(index, 1 + index / 10, EntryType.NORMAL, data);
  }

  static SnapshotMetadata mark(long index) {
    return new SnapshotMetadata(index, 1 + index / 10, ConfState.ofVoters(List.of(7L)));
  }

  private static void acknowledge(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
