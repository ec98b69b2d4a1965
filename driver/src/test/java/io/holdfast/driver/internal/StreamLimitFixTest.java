package io.holdfast.driver.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One setting is brought into range; every other byte stays as it was, however it is read. */
class StreamLimitFixTest {
  // SETTINGS with max frame size and max concurrent streams 2^32-1; an empty SETTINGS (ack); DATA
  // that looks like the same setting; SETTINGS with a modest number of streams.
  private static final String BEFORE =
      "00000c040000000000"
          + "000500004000"
          + "0003ffffffff"
          + "000000040100000000"
          + "000006000000000001"
          + "0003ffffffff"
          + "000006040000000000"
          + "000300000064";
  private static final String AFTER =
      BEFORE.substring(0, 30) + "00037fffffff" + BEFORE.substring(42);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 9, 14, 1000})
  void changesThatSettingOnly(int readSize) throws IOException {
    ByteArrayInputStream source = new ByteArrayInputStream(HexFormat.of().parseHex(BEFORE));
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    try (StreamLimitFix in = new StreamLimitFix(source)) {
      byte[] buffer = new byte[readSize + 2];
      int count = in.read(buffer, 2, readSize);
      while (count >= 0) {
        seen.write(buffer, 2, count);
        count = in.read(buffer, 2, readSize);
      }
    }
    assertArrayEquals(HexFormat.of().parseHex(AFTER), seen.toByteArray());
  }

  @Test
  void readsSingleBytes() throws IOException {
    byte[] source = HexFormat.of().parseHex(BEFORE);
    try (StreamLimitFix in = new StreamLimitFix(new ByteArrayInputStream(source))) {
      for (byte expected : HexFormat.of().parseHex(AFTER)) {
        assertEquals(expected & 0xff, in.read());
      }
      assertEquals(-1, in.read());
    }
  }
}
