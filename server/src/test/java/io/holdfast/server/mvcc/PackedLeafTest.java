package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packing loses nothing, and the header says what the leaf amounts to. */
class PackedLeafTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void unpacksToWhatWasPacked(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      RandomVersions versions = new RandomVersions(random, random.nextInt(1_000));
      KeyVersion[] row =
          versions.keys(1 + random.nextInt(64), 200).values().toArray(new KeyVersion[0]);
      int from = random.nextInt(row.length);
      int to = from + 1 + random.nextInt(row.length - from);
      KeyVersion[] part = Arrays.copyOfRange(row, from, to);
      PackedLeaf leaf = pack(row, from, to);
      assertSame(part, leaf.unpack());
      assertFacts(part, leaf);
      assertFacts(part, PackedLeaf.of(leaf.bytes()));
    }
  }

  @Test
  void aWriteAfterUnpackingLeavesThePastAlone() {
    byte[] key = {1};
    KeyVersion version = KeyVersion.first(key, 1, 0, 1, 1, 0, null);
    for (int i = 2; i < 6; i++) {
      version = version.next(i, 0, 1, i, 0, null);
    }
    KeyVersion unpacked = pack(new KeyVersion[] {version}, 0, 1).unpack()[0];
    KeyVersion next = unpacked.next(9, 1, 0, 0, 0, null);
    assertSame(new KeyVersion[] {version}, new KeyVersion[] {unpacked});
    assertEquals(5, next.olderCount);
    assertEquals(5, next.olderMain(4));
    assertEquals(1, next.olderMain(0));
  }

  @Test
  void aKeyWrittenOnceHasNoPast() {
    KeyVersion once = KeyVersion.first(new byte[0], 7, 0, 7, 1, 0, null);
    PackedLeaf leaf = pack(new KeyVersion[] {once}, 0, 1);
    assertFalse(leaf.hasPast());
    assertFalse(leaf.hasLeases());
    assertTrue(leaf.bytes().length < 12, leaf.bytes().length + " bytes");
  }

  static PackedLeaf pack(KeyVersion[] row, int from, int to) {
    PackWriter writer = new PackWriter(1);
    PackedLeaf.pack(row, from, to, writer);
    return PackedLeaf.of(writer.toBytes());
  }

  private static void assertFacts(KeyVersion[] row, PackedLeaf leaf) {
    assertEquals(row.length, leaf.keys());
    assertArrayEquals(row[0].key, leaf.firstKey());
    assertEquals(
        Arrays.stream(row).filter(version -> !version.isTombstone()).count(), leaf.living());
    assertEquals(
        Arrays.stream(row).mapToLong(version -> version.olderCount + 1).sum(), leaf.versions());
    assertEquals(
        Arrays.stream(row).mapToLong(version -> version.modRevision).max().orElseThrow(),
        leaf.newestRevision());
    assertEquals(
        Arrays.stream(row).anyMatch(version -> version.leaseId != 0 && !version.isTombstone()),
        leaf.hasLeases());
    assertEquals(
        Arrays.stream(row).anyMatch(version -> version.olderCount > 0 || version.isTombstone()),
        leaf.hasPast());
  }

  static void assertSame(KeyVersion[] expected, KeyVersion[] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertSame(expected[i], found[i]);
    }
  }

  static void assertSame(KeyVersion expected, KeyVersion found) {
    assertArrayEquals(expected.key, found.key);
    assertEquals(expected.modRevision, found.modRevision);
    assertEquals(expected.sub, found.sub);
    assertEquals(expected.createRevision, found.createRevision);
    assertEquals(expected.version, found.version);
    assertEquals(expected.leaseId, found.leaseId);
    assertEquals(expected.olderCount, found.olderCount);
    for (int i = 0; i < expected.olderCount; i++) {
      assertEquals(expected.olderMain(i), found.olderMain(i));
      assertEquals(expected.olderSub(i), found.olderSub(i));
      assertEquals(expected.isOlderTombstone(i), found.isOlderTombstone(i));
    }
  }
}
