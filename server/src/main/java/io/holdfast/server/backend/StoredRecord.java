package io.holdfast.server.backend;

/**
 * One record on its way out of one store file into another, through a snapshot.
 *
 * @param bucket the bucket it belongs to, {@link RevisionMap#NAME} for the revision map
 * @param key never null
 * @param value never null
 */
public record StoredRecord(String bucket, byte[] key, byte[] value) {}
