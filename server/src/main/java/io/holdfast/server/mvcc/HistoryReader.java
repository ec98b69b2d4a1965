package io.holdfast.server.mvcc;

import io.holdfast.server.backend.RevisionMap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Reads the revision map in its own order: for watchers that are behind, and for the hash. */
final class HistoryReader {
  private static final int RECORDS_PER_BATCH_MAX = 20_000;
  private static final int HASH_FIELDS_BYTES = 4 * Long.BYTES + 3 * Integer.BYTES;

  private final MvccStore store;
  private final KeyTree tree;
  private final RevisionMap revisions;

  HistoryReader(MvccStore store, KeyTree tree, RevisionMap revisions) {
    this.store = store;
    this.tree = tree;
    this.revisions = revisions;
  }

  EventBatch read(long fromRevision, long toRevision, KeyRange range, long bytesMax) {
    Batch batch = new Batch(toRevision, range, bytesMax);
    if (fromRevision <= toRevision) {
      revisions.scan(fromRevision, 0, batch);
    }
    return batch.finish(fromRevision);
  }

  /** Gathers whole revisions until a bound is passed. */
  private final class Batch implements RevisionMap.RevisionVisitor {
    private final long toRevision;
    private final KeyRange range;
    private final long bytesMax;
    private final RecordCodec codec = new RecordCodec();
    private final List<CommittedRevision> found = new ArrayList<>();
    private List<Event> events = new ArrayList<>();
    private long revision;
    private long bytes;
    private int records;
    private long stoppedBefore;

    Batch(long toRevision, KeyRange range, long bytesMax) {
      this.toRevision = toRevision;
      this.range = range;
      this.bytesMax = bytesMax;
    }

    @Override
    public boolean visit(long main, int sub, byte[] record) {
      if (main != revision) {
        closeRevision();
        if (main > toRevision) {
          return false;
        }
        if (bytes > bytesMax || records >= RECORDS_PER_BATCH_MAX) {
          stoppedBefore = main;
          return false;
        }
        revision = main;
      }
      records++;
      codec.read(main, record);
      if (codec.hasKeyIn(range)) {
        bytes += record.length;
        KeyValue keyValue = codec.toKeyValue(main);
        if (codec.isTombstone()) {
          events.add(new Event(EventType.DELETE, keyValue, store));
        } else if (codec.createRevision() == main && codec.version() == 1) {
          events.add(new Event(EventType.PUT, keyValue));
        } else {
          events.add(new Event(EventType.PUT, keyValue, store));
        }
      }
      return true;
    }

    private void closeRevision() {
      if (!events.isEmpty()) {
        found.add(new CommittedRevision(revision, events));
        events = new ArrayList<>();
      }
    }

    EventBatch finish(long fromRevision) {
      closeRevision();
      long next = stoppedBefore != 0 ? stoppedBefore : Math.max(fromRevision, toRevision + 1);
      return new EventBatch(found, next);
    }
  }

  /**
   * The hash over what a member must have that is compacted to {@code compactRevision}, whether or
   * not it has removed the rest already.
   */
  int hash(long compactRevision, long atRevision) {
    CRC32C crc = new CRC32C();
    ByteBuffer scratch = ByteBuffer.allocate(HASH_FIELDS_BYTES);
    RecordCodec codec = new RecordCodec();
    revisions.scan(
        0,
        0,
        (main, sub, record) -> {
          if (main > atRevision) {
            return false;
          }
          codec.read(main, record);
          if (main > compactRevision || isKept(codec, compactRevision, main, sub)) {
            codec.hashInto(crc, scratch, main, sub);
          }
          return true;
        });
    return (int) crc.getValue();
  }

  private boolean isKept(RecordCodec codec, long compactRevision, long main, int sub) {
    if (codec.isTombstone()) {
      return false;
    }
    KeyVersion latest = tree.find(codec.key());
    if (latest == null) {
      return false;
    }
    if (latest.modRevision <= compactRevision) {
      return latest.modRevision == main && latest.sub == sub;
    }
    int position = latest.olderPositionAt(compactRevision);
    return position >= 0 && latest.olderMain(position) == main && latest.olderSub(position) == sub;
  }
}
