package io.holdfast.server.raft.message;

import io.holdfast.server.raft.SnapshotMetadata;

/**
 * The receiver needs entries that the leader dropped. The state itself travels beside this message;
 * a receiver steps the message once it has the whole state, checked. A sender may put a newer
 * snapshot in its place.
 *
 * @param snapshot what the snapshot covers
 */
public record InstallSnapshot(long from, long to, long term, SnapshotMetadata snapshot)
    implements Message {}
