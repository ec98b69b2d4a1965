package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.ResultMeter;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that answers may take while they are read and encoded, all of them together: a part of
 * the heap. An answer that does not fit is refused, and nothing else suffers. Any thread.
 */
final class ReadMemory {
  /** What an answer may hold without asking: nearly all stay below. */
  private static final long FREE_BYTES = 64 << 10;

  private static final int HEAP_SHARE = 4;

  private final AtomicLong left;

  ReadMemory(long bytesMax) {
    left = new AtomicLong(bytesMax);
  }

  /** A quarter of the heap that this process may have. */
  static ReadMemory ofHeap() {
    return new ReadMemory(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** The share of one answer; closed when the answer is encoded or given up. */
  Share open() {
    return new Share();
  }

  /** One thread. */
  final class Share implements ResultMeter, AutoCloseable {
    private long bytes;
    private long taken;

    /**
     * @throws io.holdfast.server.error.StoreException ANSWER_TOO_LARGE when there is not so much
     */
    @Override
    public void add(long more) {
      bytes += more;
      if (bytes <= FREE_BYTES || bytes <= taken) {
        return;
      }
      // By halves, so that a large answer does not ask for each of its pairs.
      long wanted = Math.max(bytes + bytes / 2, 2 * FREE_BYTES) - taken;
      if (left.addAndGet(-wanted) < 0) {
        left.addAndGet(wanted);
        wanted = bytes - taken;
        if (left.addAndGet(-wanted) < 0) {
          left.addAndGet(wanted);
          throw EtcdError.ANSWER_TOO_LARGE.asException();
        }
      }
      taken += wanted;
    }

    @Override
    public void close() {
      left.addAndGet(taken);
      taken = 0;
      bytes = 0;
    }
  }
}
