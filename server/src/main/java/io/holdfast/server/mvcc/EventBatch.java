package io.holdfast.server.mvcc;

import java.util.List;

/**
 * A stretch of history read back for watchers that are behind.
 *
 * @param revisions whole revisions, ascending; those without a matching event are left out
 * @param nextRevision where to go on: every matching event below it is in this batch or before
 */
public record EventBatch(List<CommittedRevision> revisions, long nextRevision) {}
