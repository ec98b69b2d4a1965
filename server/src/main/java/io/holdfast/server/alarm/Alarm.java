package io.holdfast.server.alarm;

import java.util.Comparator;

/**
 * An alarm that stands until it is cleared, by an operator or by whoever mended the cause.
 *
 * @param memberId the member it is about; unsigned
 */
public record Alarm(AlarmType type, long memberId) implements Comparable<Alarm> {
  private static final Comparator<Alarm> ORDER =
      Comparator.comparing(Alarm::type).thenComparing(Alarm::memberId, Long::compareUnsigned);

  @Override
  public int compareTo(Alarm other) {
    return ORDER.compare(this, other);
  }
}
