package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Asks before and after every call that changes a disk; the one asked may throw instead. */
public final class InterceptedDisk implements Disk {

  /** The calls that change something. */
  public enum Call {
    CREATE_DIRECTORY,
    CREATE,
    LOCK,
    WRITE,
    SYNC,
    TRUNCATE,
    RENAME,
    DELETE,
    SYNC_DIRECTORY
  }

  /** Sees every call. */
  public interface Interceptor {
    /** Before the call; what it throws replaces the call. */
    void before(Call call, Path path) throws IOException;

    /** After the call took effect; what it throws hides its success. */
    default void after(Call call, Path path) throws IOException {}

    /**
     * How many bytes of a write reach the file; fewer than asked for cut it short, after which
     * {@link #after} should throw.
     */
    default int bytesWritten(Path path, int bytes) {
      return bytes;
    }
  }

  private final Disk disk;
  private final Interceptor interceptor;

  public InterceptedDisk(Disk disk, Interceptor interceptor) {
    this.disk = disk;
    this.interceptor = interceptor;
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
    interceptor.before(Call.CREATE_DIRECTORY, directory);
    disk.createDirectory(directory);
    interceptor.after(Call.CREATE_DIRECTORY, directory);
  }

  @Override
  public DiskFile open(Path file, Mode mode) throws IOException {
    if (mode != Mode.CREATE) {
      return new InterceptedFile(disk.open(file, mode), file);
    }
    interceptor.before(Call.CREATE, file);
    DiskFile opened = new InterceptedFile(disk.open(file, mode), file);
    interceptor.after(Call.CREATE, file);
    return opened;
  }

  @Override
  public void restrictToOwner(Path file) throws IOException {
    disk.restrictToOwner(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    interceptor.before(Call.RENAME, to);
    disk.rename(from, to);
    interceptor.after(Call.RENAME, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    interceptor.before(Call.DELETE, file);
    disk.delete(file);
    interceptor.after(Call.DELETE, file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    interceptor.before(Call.SYNC_DIRECTORY, directory);
    disk.syncDirectory(directory);
    interceptor.after(Call.SYNC_DIRECTORY, directory);
  }

  @Override
  public AutoCloseable lock(Path file) throws IOException {
    interceptor.before(Call.LOCK, file);
    AutoCloseable lock = disk.lock(file);
    interceptor.after(Call.LOCK, file);
    return lock;
  }

  private final class InterceptedFile implements DiskFile {
    private final DiskFile file;
    private final Path path;

    InterceptedFile(DiskFile file, Path path) {
      this.file = file;
      this.path = path;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      interceptor.before(Call.WRITE, path);
      int bytes = interceptor.bytesWritten(path, source.remaining());
      file.write(source.limit(source.position() + bytes), position);
      interceptor.after(Call.WRITE, path);
    }

    @Override
    public void sync() throws IOException {
      interceptor.before(Call.SYNC, path);
      file.sync();
      interceptor.after(Call.SYNC, path);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      interceptor.before(Call.TRUNCATE, path);
      file.truncate(sizeBytes);
      interceptor.after(Call.TRUNCATE, path);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
