package io.holdfast.server.raft;

/**
 * One slot of the replicated log. Two entries with the same index and term are the same entry, in
 * every member's log (Raft paper, 5.3: log matching).
 *
 * <p>The bytes are shared, not copied: whoever holds an entry must never write to {@code data}.
 * Equality is by identity of the array, as the pair (index, term) already names the entry.
 *
 * @param index position in the log, from 1
 * @param term the election period in which a leader created the entry, from 1
 * @param type what {@code data} means
 * @param data the command; never null; empty for the entry with which a leader opens its term
 */
public record Entry(long index, long term, EntryType type, byte[] data) {
  /** What an entry costs besides its data, in every bound of the core that counts bytes. */
  public static final int OVERHEAD_BYTES = 24;

  /** The size that bounds count, in bytes. */
  public int sizeBytes() {
    return data.length + OVERHEAD_BYTES;
  }

  /** Whether this entry has no command: a leader's first entry of its term. */
  public boolean isEmpty() {
    return data.length == 0;
  }

  @Override
  public String toString() {
    return "Entry[" + index + "/" + term + " " + type + " " + data.length + "B]";
  }
}
