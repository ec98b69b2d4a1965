package io.holdfast.server.mvcc;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.TreeMap;

/** Keys of all shapes with random pasts, as writes would have left them; for tests. */
final class RandomVersions {
  private final Random random;
  private long revision;

  RandomVersions(Random random, long firstRevision) {
    this.random = random;
    this.revision = firstRevision;
  }

  long revision() {
    return revision;
  }

  /** Versions by key; the older pasts are the longer. */
  TreeMap<Key, KeyVersion> keys(int count, int pastMax) {
    TreeMap<Key, KeyVersion> keys = new TreeMap<>();
    while (keys.size() < count) {
      Key key = key();
      KeyVersion version = keys.get(key);
      int writes = 1 + (random.nextInt(3) == 0 ? random.nextInt(pastMax + 1) : 0);
      for (int i = 0; i < writes; i++) {
        version = write(key, version);
      }
      keys.put(key, version);
    }
    return keys;
  }

  /** The next version of a key, by a random write. */
  KeyVersion write(Key key, KeyVersion before) {
    int sub = random.nextInt(4) == 0 ? random.nextInt(70_000) : 0;
    revision += random.nextInt(8) == 0 ? random.nextLong(1L << 40) : 1;
    if (before != null && !before.isTombstone() && random.nextInt(4) == 0) {
      return before.next(revision, sub, 0, 0, 0, null);
    }
    long lease = random.nextInt(4) == 0 ? random.nextLong() : 0;
    boolean alive = before != null && !before.isTombstone();
    long create = alive ? before.createRevision : revision;
    long version = alive ? before.version + 1 : 1;
    return before == null
        ? KeyVersion.first(key.bytes(), revision, sub, create, version, lease, null)
        : before.next(revision, sub, create, version, lease, null);
  }

  Key key() {
    return Key.of(
        switch (random.nextInt(6)) {
          case 0 -> bytes(random.nextInt(4), 256);
          case 1 -> bytes(random.nextInt(40), 2);
          case 2 -> bytes(300 + random.nextInt(2_000), 256);
          case 3 -> ("/a/" + "x".repeat(random.nextInt(30))).getBytes(StandardCharsets.US_ASCII);
          default ->
              String.format("/registry/pods/%07d", random.nextInt(100_000))
                  .getBytes(StandardCharsets.US_ASCII);
        });
  }

  private byte[] bytes(int length, int values) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (random.nextInt(values) - (values > 2 ? 0 : 1));
    }
    return bytes;
  }
}
