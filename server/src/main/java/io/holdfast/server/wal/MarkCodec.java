package io.holdfast.server.wal;

import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.nio.ByteBuffer;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Snapshot metadata as bytes: index, term, autoLeave, then four counted lists of ids. Used by the
 * log's marks and by snapshot files.
 */
public final class MarkCodec {
  private MarkCodec() {}

  /** How many bytes {@link #write} takes. */
  public static int sizeBytes(SnapshotMetadata mark) {
    ConfState conf = mark.confState();
    int ids =
        conf.voters().size()
            + conf.votersOutgoing().size()
            + conf.learners().size()
            + conf.learnersNext().size();
    return 2 * Long.BYTES + Integer.BYTES + 4 * Integer.BYTES + ids * Long.BYTES;
  }

  /** Writes at an absolute offset, in the byte order of {@code target}. */
  public static void write(ByteBuffer target, int offset, SnapshotMetadata mark) {
    ConfState conf = mark.confState();
    target.putLong(offset, mark.index());
    target.putLong(offset + 8, mark.term());
    target.putInt(offset + 16, conf.autoLeave() ? 1 : 0);
    int at = writeIds(target, offset + 20, conf.voters());
    at = writeIds(target, at, conf.votersOutgoing());
    at = writeIds(target, at, conf.learners());
    writeIds(target, at, conf.learnersNext());
  }

  /**
   * @throws IllegalArgumentException when the bytes are no mark
   */
  public static SnapshotMetadata read(ByteBuffer source, int offset, int bytes) {
    if (bytes < 36) {
      throw new IllegalArgumentException("a snapshot mark of " + bytes + " bytes");
    }
    ByteBuffer in = source.duplicate().order(source.order()).limit(offset + bytes).position(offset);
    long index = in.getLong();
    long term = in.getLong();
    boolean autoLeave = in.getInt() != 0;
    SortedSet<Long> voters = readIds(in);
    SortedSet<Long> votersOutgoing = readIds(in);
    SortedSet<Long> learners = readIds(in);
    SortedSet<Long> learnersNext = readIds(in);
    return new SnapshotMetadata(
        index, term, new ConfState(voters, votersOutgoing, learners, learnersNext, autoLeave));
  }

  private static int writeIds(ByteBuffer target, int offset, SortedSet<Long> ids) {
    target.putInt(offset, ids.size());
    int at = offset + Integer.BYTES;
    for (long id : ids) {
      target.putLong(at, id);
      at += Long.BYTES;
    }
    return at;
  }

  private static SortedSet<Long> readIds(ByteBuffer in) {
    int count = in.remaining() < Integer.BYTES ? -1 : in.getInt();
    if (count < 0 || count > in.remaining() / Long.BYTES) {
      throw new IllegalArgumentException("a snapshot mark with " + count + " members in a list");
    }
    SortedSet<Long> ids = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ids.add(in.getLong());
    }
    return ids;
  }
}
