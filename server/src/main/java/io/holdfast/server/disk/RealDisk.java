package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The operating system's file system through {@link FileChannel}. Stateless and thread-safe. */
public final class RealDisk implements Disk {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory, permissions("rwx------"));
  }

  @Override
  public DiskFile open(Path file, Mode mode) throws IOException {
    Set<OpenOption> options =
        switch (mode) {
          case READ -> Set.of(StandardOpenOption.READ);
          case WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
          case CREATE ->
              Set.of(
                  StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    try {
      return new ChannelFile(
          mode == Mode.CREATE
              ? FileChannel.open(file, options, permissions("rw-------"))
              : FileChannel.open(file, options));
    } catch (IOException e) {
      throw NoSpaceException.of(e);
    }
  }

  @Override
  public void restrictToOwner(Path file) throws IOException {
    if (POSIX && !Files.getPosixFilePermissions(file).equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(file, OWNER_ONLY);
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.delete(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public AutoCloseable lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            permissions("rw-------"));
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new LockedException(file);
      }
      return channel;
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new LockedException(file);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public long usableBytes(Path directory) {
    return directory.toFile().getUsableSpace();
  }

  @Override
  public long totalBytes(Path directory) {
    return directory.toFile().getTotalSpace();
  }

  private static FileAttribute<?>[] permissions(String text) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))
        }
        : new FileAttribute<?>[0];
  }

  private record ChannelFile(FileChannel channel) implements DiskFile {

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      int start = target.position();
      while (target.hasRemaining()) {
        if (channel.read(target, position + target.position() - start) < 0) {
          break;
        }
      }
      return target.position() - start;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      int start = source.position();
      try {
        while (source.hasRemaining()) {
          channel.write(source, position + source.position() - start);
        }
      } catch (IOException e) {
        throw NoSpaceException.of(e);
      }
    }

    @Override
    public void sync() throws IOException {
      channel.force(false);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      channel.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
