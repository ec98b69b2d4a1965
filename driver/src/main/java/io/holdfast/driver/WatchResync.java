package io.holdfast.driver;

import java.util.List;

/**
 * The whole state of a watched range, given when its history cannot be told event by event: at the
 * beginning of a listing watch, and after a gap that was compacted away.
 *
 * @param revision the revision of the listing; events after it follow
 * @param initial whether this is the beginning, not a gap
 * @param keyValues every key of the range
 * @param differences what must have happened since the last event, one event per key: puts, then
 *     deletions of keys this watch had seen; intermediate changes are lost
 * @param complete whether {@code differences} holds every deletion. Always so for a watch that
 *     began with a listing; others know only the keys that they have seen
 */
public record WatchResync(
    long revision,
    boolean initial,
    List<KeyValue> keyValues,
    List<WatchEvent> differences,
    boolean complete) {
  /** Takes unmodifiable copies of the lists. */
  public WatchResync {
    keyValues = List.copyOf(keyValues);
    differences = List.copyOf(differences);
  }
}
