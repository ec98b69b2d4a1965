package io.holdfast.compatibility;

import com.google.protobuf.Message;

/**
 * What a rule of {@link KnownDifferences} may look at.
 *
 * @param request what was asked; with symbols
 * @param etcd etcd's comparable answer
 * @param holdfast Holdfast's comparable answer
 * @param lostHistory whether a compaction has ended a watcher of the lane, or is about to
 * @param authEnabled whether callers have to sign in
 */
record Comparison(
    Call call,
    Message request,
    Answer etcd,
    Answer holdfast,
    boolean lostHistory,
    boolean authEnabled) {
  <T extends Message> T request(Class<T> type) {
    return type.cast(request);
  }
}
