package io.holdfast.server.backend;

/**
 * What the store file gave back is not what was written: the stored checksum does not match, or the
 * page around it cannot be read. The file is only a cache of the log: it must be rebuilt from a
 * snapshot or another member, never served from.
 */
public final class CorruptRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String bucket;

  CorruptRecordException(String bucket, String detail, Throwable cause) {
    super("corrupt record in bucket " + bucket + ": " + detail, cause);
    this.bucket = bucket;
  }

  /** The bucket the record belongs to. */
  public String bucket() {
    return bucket;
  }
}
