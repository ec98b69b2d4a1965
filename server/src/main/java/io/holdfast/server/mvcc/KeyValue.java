package io.holdfast.server.mvcc;

import java.util.Arrays;

/**
 * One version of a key, as clients see it. The arrays are shared and read only.
 *
 * @param key never null
 * @param createRevision main revision of the put that began this life of the key; 0 in a delete
 * @param modRevision main revision of the last change
 * @param version puts since the key was created, from 1; 0 in a delete
 * @param value never null; empty when only keys were asked for, and in a delete
 * @param leaseId the lease the key is attached to, 0 for none
 */
public record KeyValue(
    byte[] key, long createRevision, long modRevision, long version, byte[] value, long leaseId) {
  static final byte[] NO_VALUE = {};

  /** The same version without its value. */
  public KeyValue withoutValue() {
    return new KeyValue(key, createRevision, modRevision, version, NO_VALUE, leaseId);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyValue that
        && createRevision == that.createRevision
        && modRevision == that.modRevision
        && version == that.version
        && leaseId == that.leaseId
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key) * 31 + Long.hashCode(modRevision);
  }

  /** Names the version; never shows the value, which may be a secret. */
  @Override
  public String toString() {
    return new String(key, java.nio.charset.StandardCharsets.UTF_8)
        + "{create="
        + createRevision
        + ", mod="
        + modRevision
        + ", version="
        + version
        + ", lease="
        + leaseId
        + ", "
        + value.length
        + " bytes}";
  }
}
