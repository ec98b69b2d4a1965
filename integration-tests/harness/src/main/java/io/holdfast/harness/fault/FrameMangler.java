package io.holdfast.harness.fault;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * What a {@link FrameProxy} does to one HTTP/2 connection. DATA frames of the side that connected
 * are tampered with when they hold exactly whole messages and their stream is between messages;
 * everything else passes in order.
 */
final class FrameMangler {
  private static final int PREFACE_BYTES = 24;
  private static final int HEADER_BYTES = 9;
  private static final int DATA = 0;
  private static final int WINDOW_UPDATE = 8;
  private static final int PADDED_OR_LAST = 0x9;
  private static final int MESSAGE_HEADER_BYTES = 5;
  private static final int THOUSAND = 1000;
  private static final long HELD_NANOS_MAX = 100_000_000;
  private static final long HELD_FRAMES_MAX = 3;
  private static final long DELAY_MILLIS_MAX = 60;
  private static final long RELEASE_MILLIS = 10;

  private final Random random;
  private final Supplier<FrameProxy.Mischief> mischief;
  private final FrameProxy.Counts counts;
  private final OutputStream there;
  private final OutputStream back;
  private final Map<Integer, Long> insideMessage = new HashMap<>();
  private final ArrayDeque<Held> held = new ArrayDeque<>();

  /** By stream, 0 for the connection: credit that the receiver will give for repetitions. */
  private final Map<Integer, Long> surplus = new HashMap<>();

  private long frames;
  private volatile boolean ended;

  /** A frame that waits for later ones to overtake it. */
  private record Held(int stream, byte[] frame, long untilFrame, long untilNanos) {}

  FrameMangler(
      Random random,
      Supplier<FrameProxy.Mischief> mischief,
      FrameProxy.Counts counts,
      OutputStream there,
      OutputStream back) {
    this.random = random;
    this.mischief = mischief;
    this.counts = counts;
    this.there = there;
    this.back = back;
  }

  /** Passes on what the side that connected sends, until it hangs up. */
  void forward(DataInputStream in) throws IOException, InterruptedException {
    try {
      byte[] preface = new byte[PREFACE_BYTES];
      in.readFully(preface);
      write(there, preface);
      while (true) {
        byte[] frame = readFrame(in);
        if (type(frame) == DATA) {
          data(frame);
        } else {
          write(there, frame);
        }
      }
    } finally {
      ended = true;
    }
  }

  /** Passes on what the other side answers, but keeps credit back that is not the sender's. */
  void back(DataInputStream in) throws IOException {
    while (true) {
      byte[] frame = readFrame(in);
      if (type(frame) == WINDOW_UPDATE) {
        frame = withoutSurplus(frame);
      }
      if (frame.length > 0) {
        write(back, frame);
      }
    }
  }

  /** Lets frames go that nothing overtakes in time. */
  void release() throws IOException, InterruptedException {
    while (!ended) {
      Thread.sleep(RELEASE_MILLIS);
      releaseDue();
    }
  }

  private void data(byte[] frame) throws IOException, InterruptedException {
    int stream = stream(frame);
    long inside = insideMessage.getOrDefault(stream, 0L);
    boolean whole = inside == 0 && (frame[4] & PADDED_OR_LAST) == 0 && endsWithMessage(frame);
    if (!whole) {
      flush(stream);
      insideMessage.put(stream, remaining(frame, inside));
      write(there, frame);
      return;
    }
    FrameProxy.Mischief now = mischief.get();
    int choice = random.nextInt(THOUSAND);
    if ((choice -= now.dropped()) < 0) {
      counts.dropped.incrementAndGet();
      credit(stream, frame.length - HEADER_BYTES);
    } else if ((choice -= now.repeated()) < 0) {
      counts.repeated.incrementAndGet();
      repeat(stream, frame);
    } else if ((choice -= now.held()) < 0) {
      counts.held.incrementAndGet();
      hold(stream, frame);
    } else {
      if ((choice -= now.delayed()) < 0) {
        counts.delayed.incrementAndGet();
        Thread.sleep(random.nextInt((int) DELAY_MILLIS_MAX));
      }
      counts.passed.incrementAndGet();
      write(there, frame);
    }
    frames++;
    releaseDue();
  }

  private void repeat(int stream, byte[] frame) throws IOException {
    long bytes = frame.length - HEADER_BYTES;
    synchronized (surplus) {
      surplus.merge(stream, bytes, Long::sum);
      surplus.merge(0, bytes, Long::sum);
    }
    write(there, frame);
    write(there, frame);
  }

  private void hold(int stream, byte[] frame) {
    synchronized (held) {
      held.add(
          new Held(
              stream,
              frame,
              frames + 1 + random.nextInt((int) HELD_FRAMES_MAX),
              System.nanoTime() + HELD_NANOS_MAX));
    }
  }

  /** Sends what is held of a stream, which is about to be inside a message. */
  private void flush(int stream) throws IOException {
    synchronized (held) {
      for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
        Held one = each.next();
        if (one.stream() == stream) {
          each.remove();
          write(there, one.frame());
        }
      }
    }
  }

  private void releaseDue() throws IOException {
    synchronized (held) {
      long now = System.nanoTime();
      for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
        Held one = each.next();
        if (one.untilFrame() <= frames || one.untilNanos() - now <= 0) {
          each.remove();
          write(there, one.frame());
        }
      }
    }
  }

  /** Gives the sender the credit for bytes that never arrive. */
  private void credit(int stream, int bytes) throws IOException {
    write(back, windowUpdate(stream, bytes));
    write(back, windowUpdate(0, bytes));
  }

  private byte[] withoutSurplus(byte[] frame) {
    int stream = stream(frame);
    int increment = ByteBuffer.wrap(frame).getInt(HEADER_BYTES) & Integer.MAX_VALUE;
    synchronized (surplus) {
      long kept = Math.min(increment, surplus.getOrDefault(stream, 0L));
      surplus.merge(stream, -kept, Long::sum);
      increment -= (int) kept;
    }
    return increment == 0 ? new byte[0] : windowUpdate(stream, increment);
  }

  private static byte[] windowUpdate(int stream, int increment) {
    return ByteBuffer.allocate(HEADER_BYTES + Integer.BYTES)
        .put(new byte[] {0, 0, Integer.BYTES, WINDOW_UPDATE, 0})
        .putInt(stream)
        .putInt(increment)
        .array();
  }

  private static boolean endsWithMessage(byte[] frame) {
    return frame.length > HEADER_BYTES && remaining(frame, 0) == 0;
  }

  /**
   * How many bytes of its last message a frame leaves open; a message header that is cut in two
   * counts as an open message of unknown length, so that the stream is left alone from then on.
   */
  private static long remaining(byte[] frame, long inside) {
    long at = HEADER_BYTES + inside;
    while (at < frame.length) {
      if (at + MESSAGE_HEADER_BYTES > frame.length) {
        return Long.MAX_VALUE >> 1;
      }
      at += MESSAGE_HEADER_BYTES + (ByteBuffer.wrap(frame).getInt((int) at + 1) & 0xFFFFFFFFL);
    }
    return at - frame.length;
  }

  private static int type(byte[] frame) {
    return frame[3];
  }

  private static int stream(byte[] frame) {
    return ByteBuffer.wrap(frame).getInt(5) & Integer.MAX_VALUE;
  }

  private static byte[] readFrame(DataInputStream in) throws IOException {
    byte[] header = new byte[HEADER_BYTES];
    in.readFully(header);
    int length = (header[0] & 0xFF) << 16 | (header[1] & 0xFF) << 8 | header[2] & 0xFF;
    byte[] frame = new byte[HEADER_BYTES + length];
    System.arraycopy(header, 0, frame, 0, HEADER_BYTES);
    int got = in.readNBytes(frame, HEADER_BYTES, length);
    if (got < length) {
      throw new EOFException("in the middle of a frame");
    }
    return frame;
  }

  private static void write(OutputStream out, byte[] bytes) throws IOException {
    synchronized (out) {
      out.write(bytes);
      out.flush();
    }
  }
}
