package io.holdfast.server.grpc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * Bounds what large watch messages take together between being encoded and being read by their
 * clients. One message goes to many watchers, and each connection keeps its own copy until its
 * client reads: a thousand clients that do not must not use up the process' memory. A stream whose
 * next message finds no room waits until others have been read; small messages pass uncounted, so
 * that watchers of small values go on.
 *
 * <p>Any thread.
 */
final class WatchMemory {
  /** Below it a message is not counted. */
  static final int SMALL_BYTES = 32 << 10;

  private static final int MEMORY_SHARE = 8;

  private final long bytesMax;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private long bytes;

  WatchMemory(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** An eighth as much as the heap may have; the network's buffers lie beside it. */
  static WatchMemory ofProcess() {
    return new WatchMemory(Runtime.getRuntime().maxMemory() / MEMORY_SHARE);
  }

  /**
   * Takes room for a message. When there is none, {@code again} is called once there may be some. A
   * message that is larger than all room passes when it is alone.
   *
   * @param again must be quick
   */
  synchronized boolean take(long messageBytes, Runnable again) {
    if (bytes > 0 && bytes + messageBytes > bytesMax) {
      waiting.add(again);
      return false;
    }
    bytes += messageBytes;
    return true;
  }

  /** The messages have been read, or never will be. */
  void giveBack(long messageBytes) {
    if (messageBytes == 0) {
      return;
    }
    List<Runnable> due;
    synchronized (this) {
      bytes -= messageBytes;
      due = new ArrayList<>(waiting);
      waiting.clear();
    }
    due.forEach(Runnable::run);
  }
}
