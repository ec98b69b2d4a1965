package io.holdfast.server.service;

/**
 * A hash over the key space, to compare members with.
 *
 * @param hash the CRC32C, as unsigned bits
 * @param compactRevision the revision below which history was compacted when it was computed
 * @param hashRevision the revision up to which it reaches
 */
public record KeyValueHash(int hash, long compactRevision, long hashRevision) {}
