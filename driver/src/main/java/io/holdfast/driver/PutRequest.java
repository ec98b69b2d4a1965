package io.holdfast.driver;

import java.util.Objects;

/**
 * A write of one key. Immutable: each method answers a changed copy.
 *
 * @param key the key; not empty
 * @param value the value; empty with {@code keepValue}
 * @param leaseId the lease to attach the key to, or 0 for none
 * @param wantPrevious whether to answer what the key held before
 * @param keepValue whether to leave the value as it is, and change only the lease
 * @param keepLease whether to leave the lease as it is, and change only the value
 */
public record PutRequest(
    Bytes key,
    Bytes value,
    long leaseId,
    boolean wantPrevious,
    boolean keepValue,
    boolean keepLease)
    implements Operation {
  /** Checks that there is a key. */
  public PutRequest {
    Objects.requireNonNull(value, "value");
    if (key.isEmpty()) {
      throw HoldfastException.invalidArgument("a key must not be empty");
    }
  }

  /** Writes {@code value} to {@code key}, attached to no lease. */
  public static PutRequest of(Bytes key, Bytes value) {
    return new PutRequest(key, value, 0, false, false, false);
  }

  /** Writes {@code value} to {@code key}, both as UTF-8, attached to no lease. */
  public static PutRequest of(String key, String value) {
    return of(Bytes.utf8(key), Bytes.utf8(value));
  }

  /** Attaches the key to a lease: it is deleted when the lease ends. */
  public PutRequest withLease(long lease) {
    return new PutRequest(key, value, lease, wantPrevious, keepValue, keepLease);
  }

  /** Answers what the key held before. */
  public PutRequest withPrevious() {
    return new PutRequest(key, value, leaseId, true, keepValue, keepLease);
  }

  /** Leaves the key's value as it is; the key must exist. */
  public PutRequest keepingValue() {
    return new PutRequest(key, Bytes.EMPTY, leaseId, wantPrevious, true, keepLease);
  }

  /** Leaves the key's lease as it is; the key must exist. */
  public PutRequest keepingLease() {
    return new PutRequest(key, value, 0, wantPrevious, keepValue, true);
  }
}
