package io.holdfast.server.alarm;

import io.holdfast.server.backend.Bucket;
import io.holdfast.server.error.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The standing alarms, a part of the replicated state: the same on all members at the same index.
 *
 * <p>Changed on the loop thread by committed commands, read by any thread; durable with the
 * backend's commit and sync, and part of every snapshot.
 */
public final class AlarmBook {
  private static final byte[] EMPTY = {};

  /** Stands in a CORRUPT alarm for whoever it is: it cannot be told which members are right. */
  public static final long NOBODY = 0;

  private static final int KEY_BYTES = Integer.BYTES + Long.BYTES;

  private Bucket bucket;
  private volatile Standing standing = Standing.of(List.of());

  private record Standing(List<Alarm> alarms, boolean noSpace, boolean corrupt) {
    static Standing of(List<Alarm> alarms) {
      return new Standing(alarms, has(alarms, AlarmType.NO_SPACE), isCorrupt(alarms));
    }

    private static boolean isCorrupt(List<Alarm> alarms) {
      List<Alarm> corrupt =
          alarms.stream().filter(alarm -> alarm.type() == AlarmType.CORRUPT).toList();
      return corrupt.size() > 1 || corrupt.stream().anyMatch(alarm -> alarm.memberId() == NOBODY);
    }

    private static boolean has(List<Alarm> alarms, AlarmType type) {
      return alarms.stream().anyMatch(alarm -> alarm.type() == type);
    }
  }

  /** Reads what stands. */
  public AlarmBook(Bucket bucket) {
    load(bucket);
  }

  /** Every alarm, by type and member; an unmodifiable snapshot. */
  public List<Alarm> all() {
    return standing.alarms;
  }

  /** Whether any member has run out of space. */
  public boolean isNoSpace() {
    return standing.noSpace;
  }

  /**
   * Whether nobody's data can be relied on: members differ and it cannot be told who is right, or
   * more than one is damaged. A single damaged member alone serves nothing and lets itself be
   * repaired by the others, which go on.
   */
  public boolean isCorrupt() {
    return standing.corrupt;
  }

  public boolean stands(Alarm alarm) {
    return standing.alarms.contains(alarm);
  }

  /** Raises an alarm; one that stands already stays as it is. Loop thread only. */
  public void activate(Alarm alarm) {
    if (!stands(alarm)) {
      bucket.put(key(alarm), EMPTY);
      TreeSet<Alarm> changed = new TreeSet<>(standing.alarms);
      changed.add(alarm);
      standing = Standing.of(List.copyOf(changed));
    }
  }

  /**
   * Clears an alarm. Loop thread only.
   *
   * @return whether it stood
   */
  public boolean deactivate(Alarm alarm) {
    if (!stands(alarm)) {
      return false;
    }
    bucket.remove(key(alarm));
    standing = Standing.of(standing.alarms.stream().filter(a -> !a.equals(alarm)).toList());
    return true;
  }

  /** Goes over to the bucket of another store. Loop thread only. */
  public void load(Bucket from) {
    bucket = from;
    List<Alarm> found = new ArrayList<>();
    from.forEach((key, value) -> found.add(alarm(key)));
    standing = Standing.of(found.stream().sorted().toList());
  }

  private static byte[] key(Alarm alarm) {
    return ByteBuffer.allocate(KEY_BYTES)
        .putInt(alarm.type().code())
        .putLong(alarm.memberId())
        .array();
  }

  private static Alarm alarm(byte[] key) {
    InvariantViolation.check(
        key.length == KEY_BYTES, "alarm records are well formed", "a key of " + key.length);
    ByteBuffer buffer = ByteBuffer.wrap(key);
    return new Alarm(AlarmType.ofCode(buffer.getInt()), buffer.getLong());
  }
}
