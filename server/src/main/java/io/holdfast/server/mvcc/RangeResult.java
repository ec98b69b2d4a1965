package io.holdfast.server.mvcc;

import java.util.List;

/**
 * The answer to a {@link RangeQuery}.
 *
 * @param keyValues the versions found, read only; empty when only the count was asked for
 * @param more whether the limit left keys out
 * @param count keys of the range at that revision, whatever the limit and the revision filters
 * @param currentRevision the store's revision when the answer was read, for the response header
 */
public record RangeResult(
    List<KeyValue> keyValues, boolean more, long count, long currentRevision) {}
