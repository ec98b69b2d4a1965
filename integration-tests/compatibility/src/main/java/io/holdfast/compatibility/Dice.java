package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Random;

/** Random choices, and the small worlds of keys, leases and revisions that scripts live in. */
final class Dice {
  /**
   * No more than twelve, as etcd's order of pairs that sort alike is only defined for so few.
   * Neighbours, prefixes of each other, the lowest and the highest bytes, and no text at all.
   */
  private static final List<ByteString> KEYS =
      List.of(
          text("a"),
          text("a/"),
          text("a/1"),
          text("a/2"),
          text("a0"),
          text("b"),
          bytes('b', 0),
          text("ba"),
          bytes(0),
          bytes(0, 0),
          bytes(0xff),
          bytes(0xff, 0xfe));

  private static final List<ByteString> ENDS =
      List.of(bytes(0), text("a0"), text("b"), text("c"), bytes(0xff), bytes('a', 0), bytes(0, 1));

  private static final int LEASES = 6;
  private static final long FIRST_LEASE = 1001;

  private final Random random;

  Dice(long seed) {
    random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** A key; now and then an empty one, which is refused nearly everywhere. */
  ByteString key() {
    return random.nextInt(250) == 0 ? ByteString.EMPTY : pick(KEYS);
  }

  /** The end of a range that begins anywhere: one key, all from it on, or many, or none. */
  ByteString end() {
    int roll = random.nextInt(10);
    if (roll < 4) {
      return ByteString.EMPTY;
    }
    return roll < 9 ? pick(ENDS) : pick(KEYS);
  }

  /** A revision of the script's time, a little before or after it. */
  long revision() {
    int roll = random.nextInt(20);
    if (roll < 11) {
      return Symbols.NOW - random.nextInt(8);
    } else if (roll < 12) {
      return Symbols.NOW + 1 + random.nextInt(3);
    } else if (roll < 15) {
      return Symbols.BASE + random.nextInt(25);
    } else if (roll < 19) {
      return Symbols.COMPACTED - 1 + random.nextInt(3);
    }
    return pick(List.of(-1L, 1L, Long.MAX_VALUE, Long.MIN_VALUE));
  }

  long lease() {
    return FIRST_LEASE + random.nextInt(LEASES);
  }

  ByteString value() {
    int roll = random.nextInt(100);
    if (roll < 8) {
      return ByteString.EMPTY;
    } else if (roll < 70) {
      return text(Integer.toString(random.nextInt(9)));
    } else if (roll < 99) {
      byte[] any = new byte[1 + random.nextInt(40)];
      random.nextBytes(any);
      return ByteString.copyFrom(any);
    }
    return ByteString.copyFrom(new byte[random.nextInt(30_000)]);
  }

  /** More than a request may have. */
  ByteString tooLargeValue() {
    return ByteString.copyFrom(new byte[Arena.REQUEST_BYTES_MAX + 1]);
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }
}
