package io.holdfast.server.raft.progress;

/**
 * The append messages sent to a peer and not yet answered, bounded in number and bytes. A ring: for
 * each message its last index and its size, oldest first.
 */
final class InflightWindow {
  private static final int INITIAL_CAPACITY = 8;

  private final int messagesMax;
  private final long bytesMax;
  private long[] lastIndexes;
  private long[] sizes;
  private int head;
  private int count;
  private long bytes;

  InflightWindow(int messagesMax, long bytesMax) {
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
    int capacity = Math.min(INITIAL_CAPACITY, messagesMax);
    this.lastIndexes = new long[capacity];
    this.sizes = new long[capacity];
  }

  boolean isFull() {
    return count == messagesMax || bytes >= bytesMax;
  }

  int count() {
    return count;
  }

  long bytes() {
    return bytes;
  }

  void add(long lastIndex, long sizeBytes) {
    if (count == lastIndexes.length) {
      grow();
    }
    int at = (head + count) % lastIndexes.length;
    lastIndexes[at] = lastIndex;
    sizes[at] = sizeBytes;
    count++;
    bytes += sizeBytes;
  }

  /** Forgets all messages that end at or below the index. */
  void freeTo(long index) {
    while (count > 0 && lastIndexes[head] <= index) {
      bytes -= sizes[head];
      head = (head + 1) % lastIndexes.length;
      count--;
    }
  }

  void clear() {
    head = 0;
    count = 0;
    bytes = 0;
  }

  private void grow() {
    int capacity = (int) Math.min(messagesMax, 2L * lastIndexes.length);
    long[] grownIndexes = new long[capacity];
    long[] grownSizes = new long[capacity];
    for (int i = 0; i < count; i++) {
      int from = (head + i) % lastIndexes.length;
      grownIndexes[i] = lastIndexes[from];
      grownSizes[i] = sizes[from];
    }
    lastIndexes = grownIndexes;
    sizes = grownSizes;
    head = 0;
  }
}
