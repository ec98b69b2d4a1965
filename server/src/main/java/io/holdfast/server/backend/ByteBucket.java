package io.holdfast.server.backend;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.h2.mvstore.MVStore;

/** A bucket as an MVStore map. */
final class ByteBucket extends CheckedMap<byte[]> implements Bucket {
  private final byte[] nameBytes;
  private final Runnable onWrite;

  /**
   * @param onWrite told before every change
   */
  ByteBucket(String name, MVStore store, Runnable onWrite) {
    super(name, store, ByteKeyType.INSTANCE);
    this.nameBytes = name.getBytes(StandardCharsets.US_ASCII);
    this.onWrite = onWrite;
  }

  @Override
  int checksum(byte[] key, byte[] value) {
    return Checksums.of(nameBytes, key, value);
  }

  @Override
  byte[] keyBytes(byte[] key) {
    return key;
  }

  @Override
  int keyLength(byte[] key) {
    return key.length;
  }

  @Override
  public Optional<byte[]> get(byte[] key) {
    return Optional.ofNullable(getOrNull(key));
  }

  @Override
  public void put(byte[] key, byte[] value) {
    onWrite.run();
    write(key, value);
  }

  @Override
  public void remove(byte[] key) {
    onWrite.run();
    erase(key);
  }

  @Override
  public void clear() {
    keys().forEach(this::remove);
  }

  @Override
  public void forEach(BiConsumer<byte[], byte[]> consumer) {
    scan(
        null,
        (key, value) -> {
          consumer.accept(key, value);
          return true;
        });
  }
}
