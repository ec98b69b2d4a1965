package io.holdfast.history;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The nine promises of a watch, checked against the committed history: what a watcher gets is
 * filtered, ordered, unique, atomic by revision, bookmarkable by progress, resumable from any
 * revision, reliable (nothing is left out), and tells truly what was before and what is new.
 */
public final class WatchChecker {
  private final WatchRecord watcher;
  private final CommittedHistory committed;

  private WatchChecker(WatchRecord watcher, CommittedHistory committed) {
    this.watcher = watcher;
    this.committed = committed;
  }

  /**
   * @throws HistoryViolation naming the promise that was broken
   */
  public static void check(WatchRecord watcher, CommittedHistory committed) {
    WatchChecker checker = new WatchChecker(watcher, committed);
    checker.filtered();
    checker.ordered();
    checker.unique();
    checker.atomic();
    checker.bookmarkable();
    checker.resumable();
    checker.reliable();
    checker.previous();
    checker.isCreate();
  }

  private void filtered() {
    for (WatchRecord.Event event : events()) {
      require(watcher.wants(event.change()), "watch: filter", "was not asked for: ", event);
    }
  }

  private void ordered() {
    long last = 0;
    for (WatchRecord.Event event : events()) {
      require(event.revision() >= last, "watch: ordered", event, " came after revision ", last);
      last = event.revision();
    }
  }

  private void unique() {
    Set<String> seen = new HashSet<>();
    for (WatchRecord.Event event : events()) {
      require(
          seen.add(event.revision() + "/" + event.change().key()),
          "watch: unique",
          "came twice: ",
          event);
    }
  }

  private void atomic() {
    long lastOfMessage = 0;
    for (WatchRecord.Message message : watcher.messages()) {
      if (message instanceof WatchRecord.Events events && !events.events().isEmpty()) {
        require(
            events.events().get(0).revision() != lastOfMessage,
            "watch: atomic",
            "revision " + lastOfMessage + " was split");
        lastOfMessage = events.events().get(events.events().size() - 1).revision();
      }
    }
  }

  private void bookmarkable() {
    long bookmark = 0;
    for (WatchRecord.Message message : watcher.messages()) {
      if (message instanceof WatchRecord.Progress progress) {
        require(
            progress.revision() >= bookmark,
            "watch: bookmarkable",
            "progress went back to " + progress.revision() + " from " + bookmark);
        bookmark = progress.revision();
      } else if (message instanceof WatchRecord.Events events) {
        for (WatchRecord.Event event : events.events()) {
          require(
              event.revision() > bookmark,
              "watch: bookmarkable",
              event,
              " came after progress up to ",
              bookmark);
        }
      }
    }
  }

  private void resumable() {
    List<WatchRecord.Event> events = events();
    if (events.isEmpty()) {
      return;
    }
    long first = events.get(0).revision();
    require(
        first >= watcher.startRevision(),
        "watch: resumable",
        "an event of revision " + first + " before the start");
    for (long revision = watcher.startRevision(); revision < first; revision++) {
      require(
          wanted(revision).isEmpty(),
          "watch: resumable",
          "it begins at ",
          first,
          " and lacks something of ",
          revision);
    }
  }

  private void reliable() {
    List<WatchRecord.Event> events = events();
    long last = knownUpTo();
    int next = 0;
    for (long revision = watcher.startRevision(); revision <= last; revision++) {
      for (Change change : wanted(revision)) {
        WatchRecord.Event event = next < events.size() ? events.get(next) : null;
        require(
            event != null && event.revision() == revision && event.change().equals(change),
            "watch: reliable",
            "revision ",
            revision,
            " changed ",
            change,
            " but it was told ",
            event);
        next++;
      }
    }
    require(
        next == events.size(),
        "watch: reliable",
        next < events.size() ? "nobody committed " + events.get(next) : "");
  }

  private void previous() {
    for (WatchRecord.Event event : events()) {
      Optional<Version> before = committed.at(event.change().key(), event.revision() - 1);
      Optional<Version> expected = watcher.previousWanted() ? before : Optional.empty();
      boolean gone = event.previous().isEmpty() && event.revision() <= committed.compactRevision();
      require(
          gone || event.previous().equals(expected),
          "watch: prevKv",
          "before ",
          event,
          " the key was ",
          before);
    }
  }

  private void isCreate() {
    for (WatchRecord.Event event : events()) {
      boolean creates =
          event.change().isPut()
              && committed.at(event.change().key(), event.revision() - 1).isEmpty();
      require(event.isCreate() == creates, "watch: isCreate", "wrong in ", event);
    }
  }

  /** Up to where the watcher must know everything: its last event or progress. */
  private long knownUpTo() {
    long known = 0;
    for (WatchRecord.Message message : watcher.messages()) {
      if (message instanceof WatchRecord.Progress progress) {
        known = Math.max(known, progress.revision());
      } else if (message instanceof WatchRecord.Events events) {
        for (WatchRecord.Event event : events.events()) {
          known = Math.max(known, event.revision());
        }
      }
    }
    return known;
  }

  private List<Change> wanted(long revision) {
    return committed.changesAt(revision).stream().filter(watcher::wants).toList();
  }

  private List<WatchRecord.Event> events() {
    List<WatchRecord.Event> all = new ArrayList<>();
    for (WatchRecord.Message message : watcher.messages()) {
      if (message instanceof WatchRecord.Events events) {
        all.addAll(events.events());
      }
    }
    return all;
  }

  private void require(boolean holds, String property, Object... detail) {
    if (!holds) {
      HistoryViolation.require(false, property, watcher, ": ", HistoryViolation.text(detail));
    }
  }
}
