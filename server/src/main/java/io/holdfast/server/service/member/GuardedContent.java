package io.holdfast.server.service.member;

import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.util.function.Consumer;

/** A pinned state that reports damaged records, and ends rather than hand one out. */
final class GuardedContent implements SnapshotContent {
  private final SnapshotContent content;
  private final Consumer<String> corruption;

  GuardedContent(SnapshotContent content, Consumer<String> corruption) {
    this.content = content;
    this.corruption = corruption;
  }

  @Override
  public SnapshotMetadata metadata() {
    return content.metadata();
  }

  @Override
  public void forEach(SnapshotRecordConsumer consumer) throws IOException {
    try {
      content.forEach(consumer);
    } catch (CorruptRecordException e) {
      corruption.accept(e.getMessage());
      throw new IOException("the state is damaged and cannot be copied: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    content.close();
  }
}
