package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipOutputStream;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.RandomAccessStore;
import org.h2.mvstore.SFChunk;

/**
 * Where MVStore keeps its file: on a {@link Disk}, like the log and the snapshots, so that every
 * call which can fail or be cut short passes the same seam. MVStore's own file store does the same
 * through a file channel of its own.
 *
 * <p>It is opened at the version that was synced last, see {@link SyncedMark}.
 *
 * <p>The file is written in chunks, one for each commit. What later commits replace leaves holes in
 * a chunk, and a chunk is free once all of it is replaced, the retention time is over, and the
 * synced version does not need it. Three small steps, each called for, bring space back: sparse
 * chunks are written anew ({@link #rewriteSparse}), chunks at the end move to holes before them
 * ({@link #rewriteTail}), and the free end is cut off ({@link #cutFreeEnd}).
 */
final class DiskFileStore extends RandomAccessStore {
  private static final long FAR_FUTURE_MILLIS = 1L << 45;

  /** The unit of places and lengths in MVStore's file. */
  private static final int BLOCK_BYTES = 4096;

  /** MVStore's name for the time that its times count from. */
  private static final String CREATED = "created";

  private final Path path;
  private final DiskFile file;
  private final AutoCloseable lock;
  private final boolean timeless;
  private boolean open = true;

  /** The version to open the file at; empty for a new file, or when none is known. */
  private Optional<SyncedPoint> start = Optional.empty();

  /**
   * Chunks up to this version were found by searching the file, because no mark of what was synced
   * lay beside it. They are left where they are until all of them is free: after a power cut their
   * place may have been used again though their ends still look whole.
   */
  private long foundVersion;

  /** What the next rewriting may touch; writing thread only. */
  private Collection<SFChunk> candidates;

  private DiskFileStore(
      Path path,
      DiskFile file,
      AutoCloseable lock,
      boolean timeless,
      Map<String, Object> settings) {
    super(settings);
    this.timeless = timeless;
    this.path = path;
    this.file = file;
    this.lock = lock;
  }

  /**
   * Opens an existing file and takes its lock.
   *
   * @param timeless whether replaced chunks are free at once: then times play no part and none are
   *     written, so the same writes always make the same file
   * @param mark what was synced last, where that is kept; the file is opened at it
   * @param settings MVStore's own, for its page cache
   * @throws Disk.LockedException when somebody else has the file open
   */
  static DiskFileStore open(
      Disk disk,
      Path path,
      boolean timeless,
      Optional<SyncedMark> mark,
      Map<String, Object> settings)
      throws IOException {
    AutoCloseable lock = disk.lock(path);
    try {
      DiskFileStore store =
          new DiskFileStore(path, disk.open(path, Disk.Mode.WRITE), lock, timeless, settings);
      store.init(path.toString(), false);
      store.setSize(store.file.size());
      if (mark.isPresent()) {
        store.beginAt(mark.get());
      }
      return store;
    } catch (IOException | RuntimeException | Error e) {
      release(lock, e);
      throw e;
    }
  }

  /** Before anything is written the mark must tell that nothing of it counts yet. */
  private void beginAt(SyncedMark mark) throws IOException {
    Optional<SyncedPoint> synced = mark.read();
    if (size() == 0 || synced.equals(Optional.of(SyncedPoint.NOTHING))) {
      if (size() > 0) {
        truncate(0);
      }
      mark.write(SyncedPoint.NOTHING);
    } else if (synced.isPresent()) {
      start = synced;
    } else {
      foundVersion = Long.MAX_VALUE;
    }
  }

  @Override
  public void open(String fileName, boolean readOnly, char[] encryptionKey) {
    throw new UnsupportedOperationException("the file is open from the start");
  }

  @Override
  public RandomAccessStore open(String fileName, boolean readOnly) {
    throw new UnsupportedOperationException("the file is never copied from within");
  }

  /** Later than now when times play no part: all that happens, happens at 0 ms. */
  @Override
  public long getCreationTime() {
    return timeless ? FAR_FUTURE_MILLIS : super.getCreationTime();
  }

  @Override
  public ByteBuffer readFully(SFChunk chunk, long position, int bytes) {
    ByteBuffer target = ByteBuffer.allocate(bytes);
    try {
      if (file.read(target, position) < bytes) {
        throw failure(
            DataUtils.ERROR_READING_FAILED, "reading " + bytes + " bytes at " + position, null);
      }
    } catch (IOException e) {
      throw failure(
          DataUtils.ERROR_READING_FAILED, "reading " + bytes + " bytes at " + position, e);
    }
    readCount.incrementAndGet();
    readBytes.addAndGet(bytes);
    return target.flip();
  }

  @Override
  protected void writeFully(SFChunk chunk, long position, ByteBuffer source) {
    int bytes = source.remaining();
    setSize(Math.max(size(), position + bytes));
    try {
      file.write(source, position);
    } catch (IOException e) {
      throw failure(
          DataUtils.ERROR_WRITING_FAILED, "writing " + bytes + " bytes at " + position, e);
    }
    writeCount.incrementAndGet();
    writeBytes.addAndGet(bytes);
  }

  @Override
  public void sync() {
    if (!open) {
      return;
    }
    try {
      file.sync();
    } catch (IOException e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "syncing", e);
    }
  }

  @Override
  protected void truncate(long sizeBytes) {
    try {
      writeCount.incrementAndGet();
      file.truncate(sizeBytes);
      setSize(Math.min(size(), sizeBytes));
    } catch (IOException e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "cutting to " + sizeBytes + " bytes", e);
    }
  }

  /** MVStore would sync here, and the committing thread would wait for it. */
  @Override
  protected void shrinkStoreIfPossible(int minPercent) {}

  /**
   * Opens the file at the version that was synced last. MVStore's own way is to search for the
   * newest one that looks whole, which a power cut can deceive; it is left to files without a mark.
   */
  @Override
  protected void readStoreHeader(boolean recoveryMode) {
    if (start.isEmpty()) {
      super.readStoreHeader(recoveryMode);
      foundVersion = Math.min(foundVersion, lastChunkVersion());
      return;
    }
    SyncedPoint point = start.get();
    initializeCommonHeaderAttributes(point.createdMillis());
    SFChunk last = readChunkHeaderAndFooter(point.block(), point.chunk());
    if (last == null || last.version != point.version()) {
      throw missing(point.chunk(), point.version());
    }
    setLastChunk(last);
    for (SFChunk chunk : getChunksFromLayoutMap()) {
      if (!isInPlace(chunk)) {
        if (chunk.maxLenLive > 0) {
          throw missing(chunk.id, chunk.version);
        }
        // Nothing lived in it any more, and later versions were free to use its place.
        chunk.block = 0;
        chunk.len = 0;
      }
    }
    clear();
    for (SFChunk chunk : getChunks().values()) {
      if (isAllocated(chunk)) {
        markUsed(chunk.block * BLOCK_BYTES, chunk.len * BLOCK_BYTES);
      }
      if (chunk.maxLenLive == 0) {
        registerDeadChunk(chunk);
      }
    }
  }

  private boolean isInPlace(SFChunk chunk) {
    SFChunk found = readChunkHeaderAndFooter(chunk.block, chunk.id);
    return found != null && found.version == chunk.version && found.len == chunk.len;
  }

  private MVStoreException missing(int chunk, long version) {
    return DataUtils.newMVStoreException(
        DataUtils.ERROR_FILE_CORRUPT,
        "chunk {0} of version {1}, which was synced, is not in its place",
        chunk,
        version);
  }

  /** What the last commit wrote. To be called while there is none under way. */
  SyncedPoint newestPoint() {
    SFChunk last = lastChunk;
    return last == null
        ? SyncedPoint.NOTHING
        : new SyncedPoint(
            last.version, last.id, last.block, DataUtils.readHexLong(storeHeader, CREATED, 0));
  }

  /** Writes down, for those who find no mark, that the last commit is the newest; and syncs. */
  void finish() {
    writeCleanShutdown();
  }

  /**
   * Gives the free end of the file back. To be called after a sync: everything behind is of no use
   * to the synced version then, as its chunks are pinned.
   */
  void cutFreeEnd() {
    saveChunkLock.lock();
    try {
      long end = 2;
      for (SFChunk chunk : getChunks().values()) {
        if (chunk.block != 0) {
          end = Math.max(end, chunk.block + chunk.len);
        }
      }
      if (open && end * BLOCK_BYTES < size()) {
        truncate(end * BLOCK_BYTES);
      }
    } finally {
      saveChunkLock.unlock();
    }
  }

  /**
   * Writes the oldest chunks that are less full than a percentage anew with the next commit, if all
   * chunks together are.
   *
   * @param bytesMax how much to write, about
   * @return whether there is something to commit
   */
  boolean rewriteSparse(int percentMin, long bytesMax) {
    long total = 1;
    long live = 1;
    List<SFChunk> sparse = new ArrayList<>();
    for (SFChunk chunk : getChunks().values()) {
      if (isAllocated(chunk) && chunk.maxLenLive > 0) {
        total += chunk.maxLen;
        live += chunk.maxLenLive;
        if (mayMove(chunk) && chunk.maxLenLive * 100 < chunk.maxLen * percentMin) {
          sparse.add(chunk);
        }
      }
    }
    if (live * 100 >= total * percentMin) {
      return false;
    }
    sparse.sort(Comparator.comparingLong(chunk -> chunk.version));
    return rewriteTogether(first(sparse, bytesMax));
  }

  /**
   * Writes the chunks at the end of the file anew with the next commit, if less than a percentage
   * of the file is taken and there is a hole before them.
   *
   * @param bytesMax how much to write, about
   * @return whether there is something to commit
   */
  boolean rewriteTail(int percentMin, long bytesMax) {
    if (getFillRate() >= percentMin) {
      return false;
    }
    List<SFChunk> chunks = new ArrayList<>();
    for (SFChunk chunk : getChunks().values()) {
      if (isAllocated(chunk)) {
        chunks.add(chunk);
      }
    }
    chunks.sort(Comparator.comparingLong(chunk -> chunk.block));
    long hole = largestHole(chunks);
    List<SFChunk> tail = new ArrayList<>();
    long blocks = 0;
    for (int i = chunks.size() - 1; i >= 0 && blocks * BLOCK_BYTES < bytesMax; i--) {
      SFChunk chunk = chunks.get(i);
      blocks += chunk.len;
      // What describes the chunks is written along and needs room too.
      if (!mayMove(chunk) || blocks + blocks / 8 + 2 > hole) {
        break;
      }
      if (chunk.maxLenLive > 0) {
        tail.add(chunk);
      }
    }
    return rewriteTogether(tail);
  }

  /** Bytes of chunks in which nothing lives any more, but whose place is not free yet. */
  long deadBytes() {
    long blocks = 0;
    for (SFChunk chunk : getChunks().values()) {
      if (isAllocated(chunk) && chunk.maxLenLive == 0) {
        blocks += chunk.len;
      }
    }
    return blocks * BLOCK_BYTES;
  }

  @Override
  public Collection<SFChunk> getRewriteCandidates() {
    return candidates;
  }

  private boolean rewriteTogether(List<SFChunk> chosen) {
    if (chosen.isEmpty()) {
      return false;
    }
    long bytes = 0;
    for (SFChunk chunk : chosen) {
      bytes += chunk.maxLenLive;
    }
    candidates = chosen;
    try {
      // The chosen ones, however full; those within the retention time are passed over.
      return compact(101, (int) Math.min(bytes, Integer.MAX_VALUE));
    } finally {
      candidates = null;
    }
  }

  private static List<SFChunk> first(List<SFChunk> chunks, long bytesMax) {
    long bytes = 0;
    int count = 0;
    while (count < chunks.size() && (count == 0 || bytes < bytesMax)) {
      bytes += chunks.get(count++).maxLenLive;
    }
    return chunks.subList(0, count);
  }

  /** In blocks; the free end does not count. */
  private static long largestHole(List<SFChunk> byBlock) {
    long largest = 0;
    long end = 2;
    for (SFChunk chunk : byBlock) {
      largest = Math.max(largest, chunk.block - end);
      end = chunk.block + chunk.len;
    }
    return largest;
  }

  private boolean mayMove(SFChunk chunk) {
    return chunk.version > foundVersion;
  }

  private static boolean isAllocated(SFChunk chunk) {
    return chunk.block != 0;
  }

  @Override
  public void backup(ZipOutputStream out) {
    throw new UnsupportedOperationException("snapshots are streams of records");
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    try {
      file.close();
      lock.close();
    } catch (Exception e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "closing", e);
    } finally {
      super.close();
    }
  }

  private MVStoreException failure(int code, String what, Exception cause) {
    String reason = cause == null ? "it is too short" : String.valueOf(cause.getMessage());
    return DataUtils.newMVStoreException(code, "{0} of {1} failed: {2}", what, path, reason, cause);
  }

  private static void release(AutoCloseable lock, Throwable reason) {
    try {
      lock.close();
    } catch (Exception e) {
      reason.addSuppressed(e);
    }
  }
}
