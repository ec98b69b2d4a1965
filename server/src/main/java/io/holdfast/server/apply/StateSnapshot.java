package io.holdfast.server.apply;

import io.holdfast.server.backend.BackendSnapshot;
import io.holdfast.server.backend.StoredRecord;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The state as a stream of records. Buckets are named once: a record of kind 0 has a bucket's name
 * as its key and the kind that stands for it from then on, four bytes, as its value.
 */
public final class StateSnapshot implements SnapshotContent {
  private static final int KIND_OF_NAMES = 0;

  private final BackendSnapshot records;
  private final SnapshotMetadata metadata;

  StateSnapshot(BackendSnapshot records, SnapshotMetadata metadata) {
    this.records = records;
    this.metadata = metadata;
  }

  @Override
  public SnapshotMetadata metadata() {
    return metadata;
  }

  @Override
  public void forEach(SnapshotRecordConsumer consumer) throws IOException {
    Map<String, Integer> kinds = new HashMap<>();
    for (StoredRecord record : records) {
      Integer kind = kinds.get(record.bucket());
      if (kind == null) {
        kind = kinds.size() + 1;
        kinds.put(record.bucket(), kind);
        byte[] name = record.bucket().getBytes(StandardCharsets.UTF_8);
        byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(kind).array();
        consumer.accept(KIND_OF_NAMES, name, number);
      }
      consumer.accept(kind, record.key(), record.value());
    }
  }

  @Override
  public void close() {
    records.close();
  }

  /** Takes a stored record out of a stream. */
  @FunctionalInterface
  public interface StoredRecordConsumer {
    void accept(StoredRecord stored) throws IOException;
  }

  /**
   * Reads a stream back.
   *
   * @throws IOException the stream could not be read, or is not one of these
   */
  static void read(ReceivedSnapshot snapshot, StoredRecordConsumer consumer) throws IOException {
    snapshot.forEach(reader(consumer));
  }

  /**
   * Makes stored records of a stream's records; to be given those of one stream, in their order.
   */
  public static SnapshotRecordConsumer reader(StoredRecordConsumer consumer) {
    Map<Integer, String> names = new HashMap<>();
    return (kind, key, value) -> {
      if (kind == KIND_OF_NAMES) {
        if (value.length != Integer.BYTES) {
          throw new IOException("the snapshot names a bucket in a way this version cannot read");
        }
        names.put(ByteBuffer.wrap(value).getInt(), new String(key, StandardCharsets.UTF_8));
        return;
      }
      String bucket =
          Optional.ofNullable(names.get(kind))
              .orElseThrow(
                  () -> new IOException("the snapshot holds records of an unnamed bucket"));
      consumer.accept(new StoredRecord(bucket, key, value));
    };
  }
}
