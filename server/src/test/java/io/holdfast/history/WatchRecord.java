package io.holdfast.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything one watcher was told, in order. A client that resumes a broken watch begins another
 * record.
 */
public final class WatchRecord {
  private final String name;
  private final KeyInterval keys;
  private final long startRevision;
  private final boolean withoutPuts;
  private final boolean withoutDeletes;
  private final boolean previousWanted;
  private final List<Message> messages = new ArrayList<>();

  /** What came in one message. */
  public sealed interface Message {}

  /** Events; {@code revision} is the header's. */
  public record Events(long revision, List<Event> events) implements Message {
    public Events {
      events = List.copyOf(events);
    }
  }

  /** A progress notification. */
  public record Progress(long revision) implements Message {}

  /**
   * One event.
   *
   * @param previous what the event says the key was before; empty also when it was not asked for
   */
  public record Event(long revision, Change change, boolean isCreate, Optional<Version> previous) {}

  /**
   * @param startRevision the first revision that the watcher is promised: what it asked for, or one
   *     more than the revision at which it was created
   */
  public WatchRecord(
      String name,
      KeyInterval keys,
      long startRevision,
      boolean withoutPuts,
      boolean withoutDeletes,
      boolean previousWanted) {
    this.name = name;
    this.keys = keys;
    this.startRevision = startRevision;
    this.withoutPuts = withoutPuts;
    this.withoutDeletes = withoutDeletes;
    this.previousWanted = previousWanted;
  }

  public void add(Message message) {
    messages.add(message);
  }

  public List<Message> messages() {
    return messages;
  }

  public KeyInterval keys() {
    return keys;
  }

  public long startRevision() {
    return startRevision;
  }

  public boolean previousWanted() {
    return previousWanted;
  }

  /** Whether the watcher asked for a change. */
  public boolean wants(Change change) {
    return keys.contains(change.key()) && !(change.isPut() ? withoutPuts : withoutDeletes);
  }

  /** A record of the same watcher with nothing in it. */
  public WatchRecord emptyCopy() {
    return new WatchRecord(name, keys, startRevision, withoutPuts, withoutDeletes, previousWanted);
  }

  @Override
  public String toString() {
    return "watcher " + name + " of " + keys + " from " + startRevision;
  }
}
