package io.holdfast.server.transport;

import io.holdfast.server.node.HeldPrefix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Cuts a snapshot's stream into parts, and leaves out the beginning that the receiver holds
 * already.
 *
 * <p>The whole stream is made anew in any case; as long as its digests agree with those of the
 * receiver nothing is sent. From the first difference on, everything is, beginning behind the last
 * agreement: so much is kept back here, at most {@link HeldPrefix#SPACING_BYTES_MAX}.
 */
final class ResumingOutput extends OutputStream {
  private static final int PART_BYTES = 128 << 10;
  private static final int DIGEST_BYTES = 32;

  /** Takes what is to be sent. */
  interface Sink {
    /** The data that follows begins at this offset of the stream; once, first. */
    void begin(long offset) throws IOException;

    void data(byte[] bytes, int length) throws IOException;
  }

  private final Sink sink;
  private final List<HeldPrefix> held;
  private final MessageDigest digest = sha256();
  private final ByteArrayOutputStream keptBack = new ByteArrayOutputStream();
  private final byte[] part = new byte[PART_BYTES];
  private int filled;
  private long position;
  private long agreed;
  private int next;
  private boolean sending;

  ResumingOutput(List<HeldPrefix> held, Sink sink) throws IOException {
    this.sink = sink;
    this.held = List.copyOf(held);
    checkOffer();
    if (held.isEmpty()) {
      startSending();
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int from = offset;
    int left = length;
    while (left > 0) {
      int step = sending ? send(bytes, from, left) : compare(bytes, from, left);
      from += step;
      left -= step;
    }
  }

  @Override
  public void flush() throws IOException {
    if (filled > 0) {
      sink.data(part, filled);
      filled = 0;
    }
  }

  /** Ends the stream: what is kept back goes out. */
  @Override
  public void close() throws IOException {
    if (!sending) {
      startSending();
    }
    flush();
  }

  private int send(byte[] bytes, int from, int left) throws IOException {
    if (filled == part.length) {
      flush();
    }
    int step = Math.min(left, part.length - filled);
    System.arraycopy(bytes, from, part, filled, step);
    filled += step;
    return step;
  }

  private int compare(byte[] bytes, int from, int left) throws IOException {
    HeldPrefix prefix = held.get(next);
    int step = (int) Math.min(left, prefix.bytes() - position);
    digest.update(bytes, from, step);
    keptBack.write(bytes, from, step);
    position += step;
    if (position == prefix.bytes()) {
      boolean agrees = MessageDigest.isEqual(digestSoFar(), prefix.sha256());
      if (agrees) {
        agreed = position;
        keptBack.reset();
        next++;
      }
      if (!agrees || next == held.size()) {
        startSending();
      }
    }
    return step;
  }

  private void startSending() throws IOException {
    sending = true;
    sink.begin(agreed);
    byte[] bytes = keptBack.toByteArray();
    keptBack.reset();
    write(bytes, 0, bytes.length);
  }

  private void checkOffer() throws IOException {
    long before = 0;
    for (HeldPrefix prefix : held) {
      long step = prefix.bytes() - before;
      if (step <= 0
          || step > HeldPrefix.SPACING_BYTES_MAX
          || prefix.sha256().length != DIGEST_BYTES) {
        throw new IOException("the peer's offer makes no sense at " + prefix.bytes() + " bytes");
      }
      before = prefix.bytes();
    }
  }

  private byte[] digestSoFar() {
    try {
      return ((MessageDigest) digest.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's SHA-256 can be cloned", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
