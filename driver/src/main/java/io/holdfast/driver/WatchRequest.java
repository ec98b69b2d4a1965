package io.holdfast.driver;

import java.util.Objects;

/**
 * What to watch, and from when. Immutable: each method answers a changed copy.
 *
 * @param range the keys to watch
 * @param fromRevision the first revision wanted; 0 for whatever happens from now on
 * @param listFirst whether to begin with the present state of the range, see {@link #listingFirst}
 * @param wantPrevious whether events carry what the key held before
 * @param ignorePuts whether puts are left out
 * @param ignoreDeletes whether deletions are left out
 */
public record WatchRequest(
    KeyRange range,
    long fromRevision,
    boolean listFirst,
    boolean wantPrevious,
    boolean ignorePuts,
    boolean ignoreDeletes) {
  /** Checks that the wishes agree with each other. */
  public WatchRequest {
    Objects.requireNonNull(range, "range");
    if (fromRevision < 0) {
      throw HoldfastException.invalidArgument(
          "fromRevision must not be negative, but is " + fromRevision);
    }
    if (listFirst && fromRevision > 0) {
      throw HoldfastException.invalidArgument(
          "a watch begins either with a listing or from a revision, not with both");
    }
    if (ignorePuts && ignoreDeletes) {
      throw HoldfastException.invalidArgument("a watch that ignores everything shows nothing");
    }
  }

  /** Watches {@code range} from now on. */
  public static WatchRequest of(KeyRange range) {
    return new WatchRequest(range, 0, false, false, false, false);
  }

  /** Begins with the events of {@code revision}, as far back as the history is kept. */
  public WatchRequest fromRevision(long revision) {
    return new WatchRequest(range, revision, listFirst, wantPrevious, ignorePuts, ignoreDeletes);
  }

  /**
   * Begins with {@link WatchListener#onResync}, which hands over the range as it is, followed by
   * every change after it, without a gap.
   */
  public WatchRequest listingFirst() {
    return new WatchRequest(range, fromRevision, true, wantPrevious, ignorePuts, ignoreDeletes);
  }

  /** Asks for what each key held before. */
  public WatchRequest withPrevious() {
    return new WatchRequest(range, fromRevision, listFirst, true, ignorePuts, ignoreDeletes);
  }

  /** Leaves puts out. */
  public WatchRequest ignoringPuts() {
    return new WatchRequest(range, fromRevision, listFirst, wantPrevious, true, ignoreDeletes);
  }

  /** Leaves deletions out. */
  public WatchRequest ignoringDeletes() {
    return new WatchRequest(range, fromRevision, listFirst, wantPrevious, ignorePuts, true);
  }
}
