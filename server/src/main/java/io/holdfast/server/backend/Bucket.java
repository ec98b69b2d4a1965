package io.holdfast.server.backend;

import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A small ordered map of bytes to bytes inside the store file, for state beside the key space
 * (leases, members, markers). Writes by the one writing thread only, reads on any thread; durable
 * with the backend's next commit and sync.
 */
public interface Bucket {
  String name();

  /**
   * @throws CorruptRecordException when the record fails its checksum
   */
  Optional<byte[]> get(byte[] key);

  void put(byte[] key, byte[] value);

  /** Removing what is not there is no error. */
  void remove(byte[] key);

  void clear();

  long size();

  /** Every record in unsigned key order, as of the call. */
  void forEach(BiConsumer<byte[], byte[]> consumer);
}
