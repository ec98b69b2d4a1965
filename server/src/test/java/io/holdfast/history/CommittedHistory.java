package io.holdfast.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the cluster committed, revision by revision, put together from full-history watchers of its
 * members: whoever adds a revision again must say the same. Versions are derived here a second
 * time, so a history that contradicts itself is refused.
 */
public final class CommittedHistory {
  private static final String AGREEMENT = "members agree on every revision";
  private static final String CONSISTENCY = "history is consistent in itself";

  private final TreeMap<Long, List<Change>> changes = new TreeMap<>();
  private final TreeMap<String, TreeMap<Long, Optional<Version>>> keys = new TreeMap<>();

  private long compactRevision;

  /**
   * Adds a revision; those below have been added before.
   *
   * @param by who says so, for the message
   */
  public void add(long revision, List<Change> added, String by) {
    List<Change> known = changes.get(revision);
    if (known != null) {
      HistoryViolation.require(
          known.equals(added),
          AGREEMENT,
          by,
          " shows ",
          added,
          " at revision ",
          revision,
          ", others ",
          known);
      return;
    }
    HistoryViolation.require(
        revision == lastRevision() + 1,
        AGREEMENT,
        by,
        " goes from revision ",
        lastRevision(),
        " to ",
        revision);
    for (Change change : added) {
      checkVersion(revision, change, by);
      keys.computeIfAbsent(change.key(), key -> new TreeMap<>()).put(revision, change.put());
    }
    changes.put(revision, List.copyOf(added));
  }

  /** History below a revision was, or may have been, given up. */
  public void compactedUpTo(long revision) {
    compactRevision = Math.max(compactRevision, revision);
  }

  /** The highest revision below which history may be gone; 0 when none. */
  public long compactRevision() {
    return compactRevision;
  }

  /** 1 for a store in which nothing was ever written. */
  public long lastRevision() {
    return changes.isEmpty() ? 1 : changes.lastKey();
  }

  /** What changed at a revision; empty when nothing is known of it. */
  public List<Change> changesAt(long revision) {
    return changes.getOrDefault(revision, List.of());
  }

  /** Everything, by revision. */
  public NavigableMap<Long, List<Change>> changes() {
    return Collections.unmodifiableNavigableMap(changes);
  }

  /** A key as of a revision. */
  public Optional<Version> at(String key, long revision) {
    TreeMap<Long, Optional<Version>> versions = keys.get(key);
    var entry = versions == null ? null : versions.floorEntry(revision);
    return entry == null ? Optional.empty() : entry.getValue();
  }

  /** The living keys of an interval as of a revision, in key order. */
  public List<Version> range(KeyInterval interval, long revision) {
    if (interval.isSingle()) {
      return at(interval.start(), revision).stream().toList();
    }
    List<Version> found = new ArrayList<>();
    for (String key : keys.subMap(interval.start(), interval.end()).keySet()) {
      at(key, revision).ifPresent(found::add);
    }
    return found;
  }

  private void checkVersion(long revision, Change change, String by) {
    Optional<Version> before = at(change.key(), revision - 1);
    if (change.put().isEmpty()) {
      HistoryViolation.require(
          before.isPresent(),
          CONSISTENCY,
          by,
          " deletes the absent key ",
          change.key(),
          " at revision ",
          revision);
      return;
    }
    Version version = change.put().get();
    boolean fits =
        version.modRevision() == revision
            && version.version() == before.map(Version::version).orElse(0L) + 1
            && version.createRevision() == before.map(Version::createRevision).orElse(revision);
    HistoryViolation.require(
        fits, CONSISTENCY, by, " shows ", version, " at ", revision, " after ", before);
  }
}
