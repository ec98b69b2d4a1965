package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Ranges in the protocol's notation, and the bytes they are made of. */
class KeyRangeTest {
  @Test
  void prefixesEndAfterTheirLastKey() {
    assertEquals(KeyRange.of("a", "b"), KeyRange.prefix("a"));
    assertEquals(
        KeyRange.of(Bytes.of(new byte[] {1, -1}), Bytes.of(new byte[] {2})),
        KeyRange.prefix(Bytes.of(new byte[] {1, -1})));
    assertTrue(KeyRange.prefix(Bytes.of(new byte[] {-1, -1})).isUnbounded());
    assertEquals(KeyRange.all(), KeyRange.prefix(""));
  }

  @Test
  void containsWhatTheStoreWouldAnswer() {
    assertTrue(KeyRange.single("a").contains(Bytes.utf8("a")));
    assertFalse(KeyRange.single("a").contains(Bytes.utf8("ab")));
    assertTrue(KeyRange.prefix("a").contains(Bytes.utf8("a")));
    assertTrue(KeyRange.prefix("a").contains(Bytes.utf8("az")));
    assertFalse(KeyRange.prefix("a").contains(Bytes.utf8("b")));
    assertTrue(KeyRange.from("b").contains(Bytes.of(new byte[] {-1})));
    assertFalse(KeyRange.from("b").contains(Bytes.utf8("a")));
  }

  @Test
  void aKeyIsNeverEmpty() {
    HoldfastException refused = assertThrows(HoldfastException.class, () -> KeyRange.single(""));
    assertEquals("22023", refused.state());
  }

  @Test
  void bytesCompareUnsignedAndPrintSafely() {
    assertTrue(Bytes.of(new byte[] {-1}).compareTo(Bytes.of(new byte[] {1})) > 0);
    assertEquals("a\\x00\\xff\\x5c", Bytes.of(new byte[] {'a', 0, -1, '\\'}).toString());
  }

  @Test
  void bytesAreCopiedInAndOut() {
    byte[] content = {1, 2};
    Bytes bytes = Bytes.of(content);
    content[0] = 9;
    bytes.toByteArray()[1] = 9;
    assertEquals(Bytes.of(new byte[] {1, 2}), bytes);
  }
}
