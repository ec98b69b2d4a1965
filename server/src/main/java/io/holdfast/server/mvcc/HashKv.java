package io.holdfast.server.mvcc;

/**
 * A checksum of the history up to a revision. Members at the same {@code compactRevision} have the
 * same hash at the same {@code hashRevision}, however far each has got with removing compacted
 * records.
 *
 * @param hash CRC32C, unsigned in the low 32 bits
 * @param compactRevision -1 when nothing was ever compacted
 * @param hashRevision the last revision that went into the hash
 * @param currentRevision the store's revision when it was computed
 */
public record HashKv(int hash, long compactRevision, long hashRevision, long currentRevision) {}
