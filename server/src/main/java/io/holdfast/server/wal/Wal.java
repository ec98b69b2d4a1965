package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.SetAside;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.LogStore;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The write-ahead log on disk: {@link #append} encodes into memory, {@link #sync} takes all of it
 * to the disk with one write and one {@code fdatasync} (group commit). The format and the rule that
 * tells a torn tail from damage are described with this package.
 *
 * <p>One thread at a time uses it; a background thread fills the next segment. After a {@link
 * StorageFailure} every call throws that same failure: nothing can be acknowledged any more. The
 * threads that use it must not be interrupted, as Java closes a file when its writer is.
 */
public final class Wal implements LogStore {
  private static final String LOCK = "lock";

  /** A new segment takes at most this part of the room there is. */
  private static final int ROOM_SHARE = 8;

  private static final int BUFFER_BYTES_INITIAL = 64 << 10;

  /** From here on an append writes and syncs by itself, so the memory taken stays bounded. */
  private static final int PENDING_BYTES_MAX = 4 << 20;

  /** Largest command an entry can carry, in bytes. */
  public static final int ENTRY_DATA_BYTES_MAX = Format.RECORD_BYTES_MAX - 1024;

  private final Path directory;
  private final WalOptions options;
  private final WalIdentity identity;
  private final AutoCloseable lock;
  private final ExecutorService background;
  private final SpareSegment spare;
  private final BatchBuffer pending = new BatchBuffer(BUFFER_BYTES_INITIAL, 2 * PENDING_BYTES_MAX);
  private final Deque<Segment> segments = new ArrayDeque<>();

  private DiskFile file;
  private long position;
  private int chain;
  private long lastIndex;
  private HardState syncedHardState = HardState.INITIAL;
  private SnapshotMetadata syncedMark;
  private long markIndex;
  private StorageFailure failure;
  private boolean closed;

  /**
   * A log that is ready to be written.
   *
   * @param wal the caller closes it
   * @param recovered what it held
   */
  public record Opened(Wal wal, Recovered recovered) {}

  private Wal(Path directory, WalOptions options, WalIdentity identity, AutoCloseable lock) {
    this.directory = directory;
    this.options = options;
    this.identity = identity;
    this.lock = lock;
    this.background = options.fillInline() ? null : backgroundThread();
    this.spare =
        new SpareSegment(
            options.disk(),
            directory,
            options.fillStepBytes(),
            options.fillInline() ? Runnable::run : background);
  }

  /**
   * Opens the log in a directory, creating both when they do not exist, and reads it back. A torn
   * tail, the trace of a write that nobody was told about, is cut.
   *
   * @throws StartupException when the directory is in use, holds another member's log, something
   *     else, or a damaged log; the message says how to mend it and nothing on disk was changed
   * @throws StorageFailure when creating or repairing it failed
   */
  public static Opened open(Path directory, WalOptions options, WalIdentity identity) {
    Path absolute = directory.toAbsolutePath().normalize();
    Disk disk = options.disk();
    List<Long> sequences = inspect(disk, absolute, identity);
    AutoCloseable lock = lock(disk, absolute);
    Wal wal = new Wal(absolute, options, identity, lock);
    try {
      sequences = Recovery.sequences(disk.list(absolute));
      return new Opened(wal, sequences.isEmpty() ? wal.create() : wal.recover(sequences));
    } catch (IOException e) {
      StorageFailure failed = new StorageFailure("creating the log in " + absolute + " failed", e);
      wal.abandon(failed);
      throw failed;
    } catch (Throwable e) {
      wal.abandon(e);
      throw e;
    }
  }

  /**
   * Whose log a directory holds, without opening or changing it.
   *
   * @throws StartupException when its oldest segment cannot be read, or it holds what is no log
   */
  public static Optional<WalIdentity> identity(Path directory, WalOptions options) {
    Path normalized = directory.toAbsolutePath().normalize();
    try {
      if (options.disk().exists(normalized)) {
        List<String> names = options.disk().list(normalized);
        refuseForeign(normalized, names, Recovery.sequences(names));
      }
    } catch (IOException e) {
      throw unusable(normalized, e);
    }
    return Recovery.identity(options.disk(), normalized);
  }

  /**
   * Puts a log that cannot be used out of the way, file by file; a new one can then be opened in
   * the directory. After a crash on the way, what is left is still refused or is a shorter log.
   *
   * @param number told apart from earlier ones by it, see {@link SetAside#nextNumber}
   * @throws IOException when renaming or syncing fails
   */
  public static void setAside(Disk disk, Path directory, int number) throws IOException {
    List<String> names = disk.list(directory);
    for (String name : names) {
      if (Segment.sequence(name).isPresent()) {
        disk.rename(directory.resolve(name), directory.resolve(SetAside.name(name, number)));
      }
    }
    disk.syncDirectory(directory);
  }

  @Override
  public void append(Optional<HardState> hardState, List<Entry> entries) {
    ensureUsable();
    for (int i = 0; i < entries.size(); i++) {
      append(entries.get(i), i == 0);
    }
    hardState.ifPresent(
        state -> {
          makeRoom(BatchBuffer.recordBytes(Format.HARD_STATE_BYTES));
          pending.hardState(state);
        });
  }

  @Override
  public void sync() {
    ensureUsable();
    if (!pending.isEmpty()) {
      writePending();
      ensureUsable();
    }
  }

  @Override
  public void snapshotSaved(SnapshotMetadata metadata) {
    ensureUsable();
    checkMark(metadata);
    makeRoom(BatchBuffer.recordBytes(MarkCodec.sizeBytes(metadata)));
    pending.snapshotSaved(metadata);
    markIndex = metadata.index();
    lastIndex = Math.max(lastIndex, markIndex);
  }

  @Override
  public void snapshotInstalled(SnapshotMetadata metadata) {
    ensureUsable();
    checkMark(metadata);
    makeRoom(BatchBuffer.recordBytes(MarkCodec.sizeBytes(metadata)));
    pending.snapshotInstalled(metadata);
    markIndex = metadata.index();
    lastIndex = markIndex;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Segments go from the oldest on, never past the last mark; the work is done in the
   * background. Syncs first when something waits, since the mark must be durable before what it
   * covers goes.
   */
  @Override
  public void truncatePrefix(long index) {
    sync();
    long bound = Math.min(index, syncedMark.index() + 1);
    while (segments.size() > 1 && segments.peekFirst().entryIndexMax() < bound) {
      spare.recycle(segments.pollFirst().path(), nextSegmentBytes());
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (failure == null) {
        sync();
      }
    } finally {
      closed = true;
      release();
    }
  }

  /** Index of the last entry, or of the mark when that is higher; 0 in an empty log. */
  public long lastIndex() {
    return lastIndex;
  }

  /** Bytes that the segments take on disk, the spare not counted. */
  public long sizeBytes() {
    return segments.stream().mapToLong(Segment::sizeBytes).sum();
  }

  private void append(Entry entry, boolean mayReplace) {
    long index = entry.index();
    if (index <= markIndex || index > lastIndex + 1 || index <= lastIndex && !mayReplace) {
      throw new InvariantViolation(
          "log contiguity",
          "entry " + index + " appended behind " + lastIndex + ", snapshot mark " + markIndex);
    }
    int bytes = entry.data().length;
    if (bytes > ENTRY_DATA_BYTES_MAX) {
      throw new IllegalArgumentException(
          "an entry of " + bytes + " bytes; the log takes " + ENTRY_DATA_BYTES_MAX);
    }
    makeRoom(BatchBuffer.recordBytes(Format.ENTRY_PREFIX_BYTES + bytes));
    pending.entry(entry);
    lastIndex = index;
  }

  private void checkMark(SnapshotMetadata metadata) {
    InvariantViolation.check(
        metadata.index() >= markIndex,
        "monotonic snapshots",
        "mark " + metadata.index() + " after mark " + markIndex);
  }

  private void makeRoom(int recordBytes) {
    if (!pending.isEmpty() && pending.sizeBytes() + (long) recordBytes > PENDING_BYTES_MAX) {
      writePending();
    }
  }

  private void writePending() {
    try {
      int from = pending.firstRecord();
      while (from < pending.end()) {
        Segment segment = segments.peekLast();
        long room = segment.sizeBytes() - position;
        int to = pending.seal(from, position, room, segment.sequence(), chain);
        if (to == from) {
          startSegment(pending.batchBytesFor(from));
        } else {
          writeBatch(from, to);
          from = to;
        }
      }
      pending.clear();
    } catch (IOException | RuntimeException e) {
      throw fail("writing " + segments.peekLast().path(), e);
    }
    if (position > segments.peekLast().sizeBytes() / 2) {
      spare.prepare(this::nextSegmentBytes);
    }
  }

  private void writeBatch(int from, int to) throws IOException {
    pending.write(
        from,
        to,
        batch -> {
          int bytes = batch.remaining();
          options.listener().writing();
          file.write(batch, position);
          options.listener().written(bytes);
          file.sync();
          position += bytes;
        });
    chain = pending.sealedChain();
    syncedHardState = pending.sealedHardState(syncedHardState);
    syncedMark = pending.sealedMark(syncedMark);
    segments.peekLast().holds(pending.sealedEntryIndexMax());
  }

  /**
   * Goes on in a new segment. Its head and a first batch with the state so far are durable before
   * it gets its name.
   *
   * @param batchBytes what it must have room for behind the first batch
   */
  private void startSegment(long batchBytes) throws IOException {
    long sequence = segments.isEmpty() ? 0 : segments.peekLast().sequence() + 1;
    BatchBuffer state = new BatchBuffer(1024, 1024);
    state.hardState(syncedHardState);
    state.snapshotSaved(syncedMark);
    long stateBytes = Format.BATCH_HEADER_BYTES + (long) state.sizeBytes() + Format.END_MARK_BYTES;
    SpareSegment.Prepared prepared =
        spare.take(Format.HEAD_BYTES + stateBytes + batchBytes, nextSegmentBytes());
    SegmentHead head = new SegmentHead(sequence, prepared.sizeBytes(), identity, chain);
    ByteBuffer first = Format.direct(Format.HEAD_BYTES + (int) stateBytes);
    head.write(first);
    int from = state.firstRecord();
    int to = state.seal(from, Format.HEAD_BYTES, stateBytes, sequence, chain);
    state.write(from, to, batch -> first.position(Format.HEAD_BYTES).put(batch));
    prepared.file().write(first.clear(), 0);
    prepared.file().sync();
    Path path = directory.resolve(Segment.name(sequence));
    options.disk().rename(spare.path(), path);
    spare.renamed();
    options.disk().syncDirectory(directory);
    if (file != null) {
      file.close();
    }
    file = prepared.file();
    position = Format.HEAD_BYTES + stateBytes;
    chain = state.sealedChain();
    segments.addLast(new Segment(path, sequence, prepared.sizeBytes(), 0));
  }

  private long nextSegmentBytes() {
    if (segments.isEmpty()) {
      return options.segmentBytesFirst();
    }
    long wanted = Math.min(options.segmentBytesMax(), segments.peekLast().sizeBytes() * 4);
    long affordable = options.disk().usableBytes(directory) / ROOM_SHARE;
    return Math.min(wanted, Math.max(affordable, options.fillStepBytes()));
  }

  private Recovered create() throws IOException {
    Path leftover = spare.path();
    if (options.disk().exists(leftover)) {
      options.disk().delete(leftover);
    }
    Recovered nothing = new Replay().finish(identity, true);
    syncedMark = nothing.snapshot();
    startSegment(Format.BATCH_BYTES_MIN);
    return nothing;
  }

  private Recovered recover(List<Long> sequences) {
    Recovery recovery = new Recovery(options.disk(), directory);
    Recovered recovered = recovery.run(sequences, identity);
    segments.addAll(recovery.segments());
    file = recovery.lastFile();
    position = recovery.position();
    chain = recovery.chain();
    syncedHardState = recovered.hardState();
    syncedMark = recovered.snapshot();
    markIndex = syncedMark.index();
    lastIndex = recovered.lastIndex();
    return recovered;
  }

  private void ensureUsable() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      throw new IllegalStateException("the log is closed");
    }
    if (spare.failure() != null) {
      throw fail("preparing the next segment in " + directory, spare.failure());
    }
  }

  private StorageFailure fail(String what, Throwable cause) {
    failure = new StorageFailure(what + " failed: " + cause.getMessage(), cause);
    return failure;
  }

  private void abandon(Throwable reason) {
    try {
      closed = true;
      release();
    } catch (StorageFailure e) {
      reason.addSuppressed(e);
    }
  }

  private void release() {
    try {
      if (background != null) {
        spare.stop();
        background.shutdown();
        while (!background.awaitTermination(1, TimeUnit.MINUTES)) {
          Thread.onSpinWait();
        }
      }
      spare.close();
      if (file != null) {
        file.close();
      }
      lock.close();
    } catch (Exception e) {
      throw new StorageFailure("closing the log in " + directory + " failed", e);
    }
  }

  /** Checks what can be checked without leaving a trace; creates the directory when it is new. */
  private static List<Long> inspect(Disk disk, Path directory, WalIdentity identity) {
    try {
      if (!disk.exists(directory)) {
        createDirectories(disk, directory);
        return List.of();
      }
      List<String> names = disk.list(directory);
      List<Long> sequences = Recovery.sequences(names);
      refuseForeign(directory, names, sequences);
      if (!names.contains(LOCK)) {
        Recovery.identity(disk, directory)
            .ifPresent(found -> checkSame(directory, found, identity));
      }
      return sequences;
    } catch (IOException e) {
      throw unusable(directory, e);
    }
  }

  private static StartupException unusable(Path directory, IOException cause) {
    return new StartupException(
        "cannot use " + directory + " (" + cause + "); check its permissions and the disk", cause);
  }

  private static void checkSame(Path directory, WalIdentity found, WalIdentity expected) {
    if (!found.equals(expected)) {
      throw Recovery.belongsToAnother(directory, found, expected);
    }
  }

  private static void refuseForeign(Path directory, List<String> names, List<Long> sequences) {
    for (String name : names) {
      boolean segmentLike = name.endsWith(Segment.SUFFIX) && Segment.sequence(name).isEmpty();
      boolean foreign =
          sequences.isEmpty()
              && !name.equals(LOCK)
              && !name.equals(SpareSegment.NAME)
              && !SetAside.isSetAside(name);
      if (segmentLike || foreign) {
        throw new StartupException(
            directory
                + " holds "
                + name
                + ", which is no part of a log; move it away or choose another data directory");
      }
    }
  }

  private static void createDirectories(Disk disk, Path directory) throws IOException {
    List<Path> missing = new ArrayList<>();
    for (Path at = directory; at != null && !disk.exists(at); at = at.getParent()) {
      missing.add(0, at);
    }
    for (Path next : missing) {
      disk.createDirectory(next);
      disk.syncDirectory(next.getParent());
    }
  }

  private static AutoCloseable lock(Disk disk, Path directory) {
    try {
      return disk.lock(directory.resolve(LOCK));
    } catch (Disk.LockedException e) {
      throw new StartupException(
          directory
              + " is in use by another process; stop that one first or choose another data"
              + " directory",
          e);
    } catch (IOException e) {
      throw new StartupException(
          "cannot lock " + directory + " (" + e + "); check its permissions", e);
    }
  }

  private static ExecutorService backgroundThread() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "wal-segments");
          thread.setDaemon(true);
          return thread;
        });
  }
}
