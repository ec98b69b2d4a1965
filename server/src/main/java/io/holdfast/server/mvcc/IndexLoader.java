package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.HistoryPoint;
import io.holdfast.server.backend.IndexFile;
import io.holdfast.server.backend.PartReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Makes the key index of what is on the disk: of a checkpoint and the history after it, or of the
 * whole history.
 *
 * <p>Records come in revision order, keys at random: they are taken in long runs that are sorted by
 * key first, so that the tree is filled from left to right and each leaf is built once. Runs are
 * read and sorted side by side, and joined in order. Values are left in the file; they are cached
 * when they are read. What came after a checkpoint is put beside the packed leaves it belongs to,
 * which stay packed.
 */
final class IndexLoader {
  private static final System.Logger LOGGER = System.getLogger(IndexLoader.class.getName());

  private final Backend backend;
  private KeyTree tree = new KeyTree();
  private Optional<HistoryPoint> from = Optional.empty();
  private long lastRevision;
  private long keyCount;

  IndexLoader(Backend backend) {
    this.backend = backend;
  }

  /**
   * @throws io.holdfast.server.backend.CorruptRecordException when the history is damaged
   */
  void load() {
    if (!loadCheckpoint()) {
      backend.loadRevisions(RunReader::new, this::merge);
    }
  }

  KeyTree tree() {
    return tree;
  }

  /** Where the checkpoint began that was loaded; empty when the whole history was read. */
  Optional<HistoryPoint> from() {
    return from;
  }

  /** 0 when the history is empty. */
  long lastRevision() {
    return lastRevision;
  }

  long keyCount() {
    return keyCount;
  }

  private boolean loadCheckpoint() {
    IndexFile file = backend.indexFile();
    String reason = "it is of another history";
    try {
      file.removeLeftover();
      if (!file.exists()) {
        return false;
      }
      IndexCheckpoint checkpoint = IndexCheckpoint.read(file);
      List<Run> tail = new ArrayList<>();
      if (backend.loadRevisionsAfter(
          checkpoint.begin(), checkpoint.end(), RunReader::new, tail::add)) {
        use(checkpoint, Run.joined(tail));
        return true;
      }
    } catch (IOException e) {
      reason = e.getMessage();
    }
    LOGGER.log(
        System.Logger.Level.INFO,
        "the checkpoint of the key index is not used, the whole history is read: " + reason);
    return false;
  }

  private void use(IndexCheckpoint checkpoint, Run tail) {
    List<LazyLeaf> leaves = new ArrayList<>();
    List<KeyVersion> rest = new ArrayList<>();
    List<IndexCheckpoint.KnownLeaf> known = checkpoint.leaves();
    int next = 0;
    for (int i = 0; i < known.size(); i++) {
      byte[] bound = i + 1 < known.size() ? known.get(i + 1).leaf().firstKey() : null;
      int end = tail.endBelow(bound, next);
      KeyVersion[] later = tail.newerThan(known.get(i).revision(), next, end);
      next = end;
      PackedLeaf packed = known.get(i).leaf();
      if (packed.keys() + created(later) <= KeyTree.LEAF_KEYS_MAX) {
        leaves.add(LazyLeaf.of(packed, later));
      } else {
        leaves.add(LazyLeaf.of(packed));
        rest.addAll(Arrays.asList(later));
      }
      keyCount += packed.living();
      for (KeyVersion version : later) {
        keyCount += LazyLeaf.livingAdded(version);
      }
    }
    tree.load(leaves);
    if (known.isEmpty()) {
      merge(tail);
    } else {
      tree.putSorted(rest.toArray(new KeyVersion[0]), rest.size(), KeyVersion::following);
    }
    lastRevision = Math.max(checkpoint.end().revision(), tail.lastRevision());
    from = Optional.of(checkpoint.begin());
  }

  /** At most so many keys are new in these. */
  private static int created(KeyVersion[] versions) {
    int created = 0;
    for (KeyVersion version : versions) {
      created += version.version == 1 ? 1 : 0;
    }
    return created;
  }

  private void merge(Run run) {
    tree.putSorted(run.versions(), run.length(), this::join);
    lastRevision = Math.max(lastRevision, run.lastRevision());
  }

  private KeyVersion join(KeyVersion before, KeyVersion read) {
    keyCount += read.isTombstone() ? 0 : 1;
    if (before != null) {
      keyCount -= before.isTombstone() ? 0 : 1;
    }
    return KeyVersion.following(before, read);
  }

  /** Versions of consecutive revisions, sorted by key. */
  private record Run(KeyVersion[] versions, int length, long lastRevision) {
    /** Of consecutive runs one. */
    static Run joined(List<Run> runs) {
      int length = runs.stream().mapToInt(Run::length).sum();
      KeyVersion[] versions = new KeyVersion[length];
      int at = 0;
      long last = 0;
      for (Run run : runs) {
        System.arraycopy(run.versions, 0, versions, at, run.length);
        at += run.length;
        last = Math.max(last, run.lastRevision);
      }
      if (runs.size() > 1) {
        new RunSorter(length).sort(versions, length);
      }
      return new Run(versions, length, last);
    }

    /**
     * The first position from one on that is not below a key.
     *
     * @param bound null for no bound
     */
    int endBelow(byte[] bound, int from) {
      boolean none =
          from == length || bound != null && Arrays.compareUnsigned(versions[from].key, bound) >= 0;
      return none ? from : KeyTree.endOfRun(versions, from, length, bound);
    }

    /** Of an interval, what is of later revisions. */
    KeyVersion[] newerThan(long revision, int from, int end) {
      KeyVersion[] newer = new KeyVersion[end - from];
      int count = 0;
      for (int i = from; i < end; i++) {
        if (versions[i].modRevision > revision) {
          newer[count++] = versions[i];
        }
      }
      return count == newer.length ? newer : Arrays.copyOf(newer, count);
    }
  }

  private static final class RunReader implements PartReader<Run> {
    private static final int FIRST_CAPACITY = 1 << 10;

    private final RecordCodec codec = new RecordCodec();
    private KeyVersion[] run = new KeyVersion[FIRST_CAPACITY];
    private int length;
    private long lastRevision;

    @Override
    public void add(long main, int sub, byte[] record) {
      codec.read(main, record);
      if (length == run.length) {
        run = Arrays.copyOf(run, length * 2);
      }
      run[length++] =
          KeyVersion.first(
              codec.key(),
              main,
              sub,
              codec.createRevision(),
              codec.version(),
              codec.leaseId(),
              null);
      lastRevision = main;
    }

    @Override
    public Run finish() {
      new RunSorter(length).sort(run, length);
      return new Run(run, length, lastRevision);
    }
  }
}
