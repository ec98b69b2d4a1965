package io.holdfast.server.watch;

import io.holdfast.server.mvcc.KeyRange;

/**
 * What a new watcher asks for.
 *
 * @param watchId the id it shall have on its stream; 0 to have one assigned
 * @param startRevision the first revision of interest; 0 for what happens from now on
 * @param previousWanted whether events carry the pair before the change
 * @param progressNotify whether it is told of its progress from time to time when nothing happens
 * @param withoutPuts leave out puts
 * @param withoutDeletes leave out deletes
 */
public record WatchRequest(
    long watchId,
    KeyRange range,
    long startRevision,
    boolean previousWanted,
    boolean progressNotify,
    boolean withoutPuts,
    boolean withoutDeletes) {

  /** A watcher of everything that happens to a range from a revision on. */
  public static WatchRequest of(KeyRange range, long startRevision) {
    return new WatchRequest(0, range, startRevision, false, false, false, false);
  }
}
