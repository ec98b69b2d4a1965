package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk on which a little space is set aside in a file, for the day when somebody else has filled
 * it. A write that finds no room gives the reserve back and is done again, whole: writers never see
 * half a record. That leaves room to refuse puts in good order, and for the deletes and compactions
 * by which an operator frees more.
 *
 * <p>Thread-safe.
 */
public final class ReservedDisk implements Disk {
  private static final System.Logger LOGGER = System.getLogger(ReservedDisk.class.getName());
  private static final int STEP_BYTES = 1 << 18;

  private final Disk disk;
  private final Path reserve;
  private final long reserveBytes;

  /** Guards the reserve's file. */
  private final Object lock = new Object();

  private volatile boolean full;
  private volatile boolean setAside;

  /**
   * @param reserve the file that holds the space; sets nothing aside until {@link #setAside}
   * @param reserveBytes its size; 0 for none
   */
  public ReservedDisk(Disk disk, Path reserve, long reserveBytes) {
    this.disk = disk;
    this.reserve = reserve;
    this.reserveBytes = reserveBytes;
  }

  /**
   * Whether a write has found the disk full since the reserve was last set aside, or at all when
   * there was none.
   */
  public boolean wasFull() {
    return full;
  }

  /** Whether the reserve is there, as far as this object has seen. */
  public boolean isSetAside() {
    return setAside;
  }

  /**
   * Sets the reserve aside unless it is there already. Takes as long as writing it.
   *
   * @throws NoSpaceException when there is no room for it
   */
  public void setAside() throws IOException {
    synchronized (lock) {
      if (reserveBytes > 0 && !isComplete()) {
        if (disk.exists(reserve)) {
          disk.delete(reserve);
        }
        write();
      }
      full = false;
      setAside = true;
    }
  }

  private boolean isComplete() throws IOException {
    if (!disk.exists(reserve)) {
      return false;
    }
    try (DiskFile file = disk.open(reserve, Mode.READ)) {
      return file.size() == reserveBytes;
    }
  }

  private void write() throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(STEP_BYTES);
    try (DiskFile file = disk.open(reserve, Mode.CREATE)) {
      for (long done = 0; done < reserveBytes; done += zeros.limit()) {
        zeros.clear().limit((int) Math.min(STEP_BYTES, reserveBytes - done));
        file.write(zeros, done);
      }
      file.sync();
    } catch (NoSpaceException e) {
      if (disk.exists(reserve)) {
        disk.delete(reserve);
      }
      throw e;
    }
  }

  /**
   * Notes that the disk is full and gives the reserve back.
   *
   * @return whether trying again makes sense
   */
  private boolean giveBack() throws IOException {
    full = true;
    setAside = false;
    synchronized (lock) {
      if (reserveBytes == 0 || !disk.exists(reserve)) {
        return false;
      }
      disk.delete(reserve);
    }
    LOGGER.log(
        System.Logger.Level.WARNING,
        "the disk is full: "
            + reserveBytes
            + " reserved bytes were freed to go on; free more space on the disk of "
            + reserve.getParent());
    return true;
  }

  @Override
  public DiskFile open(Path file, Mode mode) throws IOException {
    try {
      return new ReservedFile(disk.open(file, mode));
    } catch (NoSpaceException e) {
      if (giveBack()) {
        return new ReservedFile(disk.open(file, mode));
      }
      throw e;
    }
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return disk.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return disk.list(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    disk.createDirectory(directory);
  }

  @Override
  public void restrictToOwner(Path file) throws IOException {
    disk.restrictToOwner(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    disk.delete(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk.syncDirectory(directory);
  }

  @Override
  public AutoCloseable lock(Path file) throws IOException {
    return disk.lock(file);
  }

  @Override
  public long usableBytes(Path directory) {
    return disk.usableBytes(directory);
  }

  @Override
  public long totalBytes(Path directory) {
    return disk.totalBytes(directory);
  }

  @Override
  public Disk forDispensables() {
    return disk.forDispensables();
  }

  private final class ReservedFile implements DiskFile {
    private final DiskFile file;

    ReservedFile(DiskFile file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      int start = source.position();
      int end = source.limit();
      try {
        file.write(source, position);
      } catch (NoSpaceException e) {
        if (!giveBack()) {
          throw e;
        }
        file.write(source.limit(end).position(start), position);
      }
    }

    @Override
    public void sync() throws IOException {
      file.sync();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      file.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
