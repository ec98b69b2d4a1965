package io.holdfast.server.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The union of ranges beside a twin that looks at every key there is. */
class KeyCoveragePropertyTest {
  private static final int BYTES = 3;

  /** Every key of up to three bytes out of three values; longer ones stand in no boundary. */
  private static final List<byte[]> UNIVERSE = universe();

  @Property(tries = 4000)
  void aRangeIsCoveredWhenEachOfItsKeysIs(
      @ForAll("ranges") List<KeyRange> granted, @ForAll("range") KeyRange asked) {
    assertEquals(naive(granted, asked), KeyCoverage.of(granted).covers(asked));
  }

  private static boolean naive(List<KeyRange> granted, KeyRange asked) {
    if (asked.isEmpty()) {
      return isGranted(granted, asked.start());
    }
    // An open end is granted by an open end only, or else some high key would not be.
    if (asked.isOpenEnded() && !isGranted(granted, new byte[] {9, 9, 9, 9})) {
      return false;
    }
    return isGranted(granted, asked.start())
        && UNIVERSE.stream().filter(asked::contains).allMatch(key -> isGranted(granted, key));
  }

  private static boolean isGranted(List<KeyRange> granted, byte[] key) {
    return granted.stream().anyMatch(range -> range.contains(key));
  }

  @Provide
  Arbitrary<List<KeyRange>> ranges() {
    return range().list().ofMaxSize(6);
  }

  /** Of short keys, so that whatever lies between two boundaries has a key in the universe. */
  @Provide
  Arbitrary<KeyRange> range() {
    Arbitrary<byte[]> key =
        Arbitraries.bytes()
            .between((byte) 1, (byte) 3)
            .array(byte[].class)
            .ofMinSize(1)
            .ofMaxSize(2);
    Arbitrary<byte[]> end =
        Arbitraries.frequencyOf(
            Tuple.of(5, key),
            Tuple.of(1, Arbitraries.just(new byte[0])),
            Tuple.of(1, Arbitraries.just(new byte[] {0})));
    return Combinators.combine(key, end).as(KeyRange::of);
  }

  private static List<byte[]> universe() {
    List<byte[]> keys = new ArrayList<>();
    grow(new byte[0], keys);
    return keys;
  }

  private static void grow(byte[] prefix, List<byte[]> keys) {
    if (prefix.length == BYTES) {
      return;
    }
    for (byte next = 0; next <= 4; next++) {
      byte[] key = Arrays.copyOf(prefix, prefix.length + 1);
      key[prefix.length] = next;
      keys.add(key);
      grow(key, keys);
    }
  }
}
