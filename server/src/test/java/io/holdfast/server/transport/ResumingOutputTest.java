package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.node.HeldPrefix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResumingOutputTest {
  private static final int STEP = HeldPrefix.SPACING_BYTES_MAX / 2;

  private final byte[] stream = new byte[3 * STEP + 1234];

  ResumingOutputTest() {
    new Random(7).nextBytes(stream);
  }

  /** What a receiver gets that lays the bytes behind those it holds. */
  private static final class Receiver implements ResumingOutput.Sink {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private long offset = -1;

    @Override
    public void begin(long at) {
      assertEquals(-1, offset, "begun twice");
      offset = at;
    }

    @Override
    public void data(byte[] bytes, int length) {
      assertEquals(true, offset >= 0, "data before the beginning");
      received.write(bytes, 0, length);
    }
  }

  @Test
  void withoutAnOfferAllIsSent() throws IOException {
    assertSent(0, List.of());
  }

  @Test
  void whatIsHeldIsNotSentAgain() throws IOException {
    assertSent(STEP, List.of(prefix(stream, STEP)));
    assertSent(2 * STEP, List.of(prefix(stream, STEP), prefix(stream, 2 * STEP)));
    assertSent(stream.length, allOf(stream, stream.length));
  }

  @Test
  void behindTheFirstDifferenceAllIsSent() throws IOException {
    byte[] other = stream.clone();
    other[2 * STEP - 1] ^= 1;
    assertSent(STEP, allOf(other, stream.length));
    other = stream.clone();
    other[0] ^= 1;
    assertSent(0, allOf(other, stream.length));
    other = stream.clone();
    other[stream.length - 1] ^= 1;
    assertSent(3 * STEP, allOf(other, stream.length));
  }

  @Test
  void aStreamShorterThanWhatIsHeldBeginsWhereBothAgree() throws IOException {
    byte[] longer = Arrays.copyOf(stream, stream.length + 10);
    assertSent(3 * STEP, allOf(longer, longer.length));
  }

  @Test
  void anOfferThatMakesNoSenseIsRefused() {
    for (List<HeldPrefix> offer :
        List.of(
            List.of(new HeldPrefix(0, new byte[32])),
            List.of(new HeldPrefix(-5, new byte[32])),
            List.of(new HeldPrefix(5, new byte[31])),
            List.of(new HeldPrefix(HeldPrefix.SPACING_BYTES_MAX + 1L, new byte[32])),
            List.of(prefix(stream, 10), prefix(stream, 10)),
            List.of(prefix(stream, 10), prefix(stream, 9)))) {
      assertThrows(IOException.class, () -> new ResumingOutput(offer, new Receiver()));
    }
  }

  private void assertSent(long from, List<HeldPrefix> held) throws IOException {
    for (int piece : new int[] {stream.length, 100_000}) {
      Receiver receiver = new Receiver();
      ResumingOutput out = new ResumingOutput(held, receiver);
      for (int at = 0; at < stream.length; at += piece) {
        out.write(stream, at, Math.min(piece, stream.length - at));
      }
      out.close();
      assertEquals(from, receiver.offset);
      assertArrayEquals(
          Arrays.copyOfRange(stream, (int) from, stream.length), receiver.received.toByteArray());
    }
  }

  private static List<HeldPrefix> allOf(byte[] bytes, int length) {
    List<HeldPrefix> all = new ArrayList<>();
    for (int at = STEP; at < length; at += STEP) {
      all.add(prefix(bytes, at));
    }
    all.add(prefix(bytes, length));
    return all;
  }

  private static HeldPrefix prefix(byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, 0, length);
      return new HeldPrefix(length, digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
