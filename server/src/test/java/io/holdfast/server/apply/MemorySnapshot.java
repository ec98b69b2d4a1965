package io.holdfast.server.apply;

import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A snapshot on its way, read out of the sender completely. */
final class MemorySnapshot implements ReceivedSnapshot {
  private static final ConfState VOTERS = ConfState.ofVoters(List.of(1L));

  private record Stored(int kind, byte[] key, byte[] value) {}

  private final List<Stored> records = new ArrayList<>();
  private final SnapshotMetadata metadata;

  /** How many records are read before the rest turns out to be damaged. */
  int failAfter = Integer.MAX_VALUE;

  MemorySnapshot(Applier sender) {
    try (SnapshotContent content = sender.openSnapshot(VOTERS)) {
      metadata = content.metadata();
      content.forEach((kind, key, value) -> records.add(new Stored(kind, key, value)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public SnapshotMetadata metadata() {
    return metadata;
  }

  @Override
  public void forEach(SnapshotRecordConsumer consumer) throws IOException {
    int given = 0;
    for (Stored stored : records) {
      if (given++ == failAfter) {
        throw new IOException("checksum does not match");
      }
      consumer.accept(stored.kind(), stored.key(), stored.value());
    }
  }

  @Override
  public void delete() {
    records.clear();
  }
}
