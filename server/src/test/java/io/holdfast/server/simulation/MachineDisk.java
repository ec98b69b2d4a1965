package io.holdfast.server.simulation;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.NoSpaceException;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A machine's disk as one process sees it: the power may fail at any call, a call may fail, and
 * once the process has ended nothing reaches the disk any more.
 */
final class MachineDisk implements Disk {
  private final SimulatedDisk disk;
  private final Process process;
  private final PlantedServerBug bug;
  private int callsUntilPowerCut = -1;
  private int callsUntilFailure = -1;
  private String failure = "";
  private int writesUntilStray = -1;
  private SplittableRandom strayTo;
  private Optional<Stray> stray = Optional.empty();

  /** A write that went elsewhere, while the file ends with it. */
  private record Stray(DiskFile file, byte[] content, long position, boolean followed) {}

  MachineDisk(SimulatedDisk disk, Process process, PlantedServerBug bug) {
    this.disk = disk;
    this.process = process;
    this.bug = bug;
  }

  /** Cuts the machine's power at one of the next changing calls. */
  void cutPowerAfter(int calls) {
    callsUntilPowerCut = calls;
  }

  /** Lets one of the next changing calls fail. */
  void failAfter(int calls, String reason) {
    callsUntilFailure = calls;
    failure = reason;
  }

  /** Lets one of the next writes to log or store land elsewhere in its file. */
  void strayAfter(int writes, SplittableRandom where) {
    writesUntilStray = writes;
    strayTo = where;
  }

  /**
   * Puts a stray write in its place, too, if it was the last that its file saw: no log can tell a
   * last write that never arrived from one that a crash prevented.
   */
  void bringHome() {
    stray.ifPresent(
        lost -> {
          try {
            lost.file().write(ByteBuffer.wrap(lost.content()), lost.position());
            lost.file().sync();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    stray = Optional.empty();
  }

  /** Nothing more fails. */
  void mend() {
    callsUntilPowerCut = -1;
    callsUntilFailure = -1;
    writesUntilStray = -1;
  }

  @Override
  public long usableBytes(Path directory) {
    return process.machine().freeBytes();
  }

  @Override
  public long totalBytes(Path directory) {
    return process.machine().capacityBytes();
  }

  private void change() throws IOException {
    alive();
    if (callsUntilPowerCut >= 0 && callsUntilPowerCut-- == 0) {
      process.end(Process.End.POWER_CUT);
      throw new ProcessEnded();
    }
    if (callsUntilFailure >= 0 && callsUntilFailure-- == 0) {
      process.expectFailure();
      throw new IOException(failure);
    }
  }

  private void alive() {
    if (!process.isAlive()) {
      throw new ProcessEnded();
    }
  }

  @Override
  public boolean exists(Path path) throws IOException {
    alive();
    return disk.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    alive();
    return disk.list(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    change();
    disk.createDirectory(directory);
  }

  @Override
  public DiskFile open(Path file, Mode mode) throws IOException {
    if (mode == Mode.CREATE) {
      change();
    }
    alive();
    return new ProcessFile(disk.open(file, mode), file);
  }

  @Override
  public void restrictToOwner(Path file) throws IOException {
    alive();
    disk.restrictToOwner(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change();
    if (bug == PlantedServerBug.SNAPSHOT_OVER_THE_LIVE_STORE && to.equals(Machine.STORE)) {
      removeFirst(to);
    }
    disk.rename(from, to);
  }

  /** Where the mistake can do harm, the power fails now and then. */
  private void removeFirst(Path file) throws IOException {
    if (disk.exists(file)) {
      disk.delete(file);
      disk.syncDirectory(file.getParent());
      if (process.machine().random().nextInt(3) == 0) {
        cutPowerAfter(0);
      }
      change();
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    change();
    disk.delete(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    change();
    if (bug != PlantedServerBug.DIRECTORY_NOT_SYNCED) {
      disk.syncDirectory(directory);
    }
  }

  @Override
  public AutoCloseable lock(Path file) throws IOException {
    change();
    return disk.lock(file);
  }

  private final class ProcessFile implements DiskFile {
    private final DiskFile file;
    private final Path path;

    ProcessFile(DiskFile file, Path path) {
      this.file = file;
      this.path = path;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      alive();
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      change();
      grow(position + source.remaining());
      if (DiskNemesis.isHolding(path) && writesUntilStray >= 0 && writesUntilStray-- == 0) {
        writeElsewhere(source, position);
        return;
      }
      file.write(source, position);
      stray =
          stray.map(
              lost ->
                  lost.file() == file
                      ? new Stray(file, lost.content(), lost.position(), true)
                      : lost);
    }

    private void grow(long sizeBytes) throws IOException {
      if (sizeBytes - file.size() > process.machine().freeBytes()) {
        process.record().deed("disk had no room");
        if (!disk.exists(DiskNemesis.RESERVE)) {
          process.expectFailure();
        }
        throw new NoSpaceException("No space left on device", null);
      }
    }

    private void writeElsewhere(ByteBuffer source, long position) throws IOException {
      byte[] content = new byte[source.remaining()];
      source.get(content);
      long end = position + content.length;
      if (end > file.size()) {
        file.write(ByteBuffer.allocate(content.length), position);
      }
      long sectors = (file.size() - content.length) / DiskNemesis.SECTOR_BYTES;
      long elsewhere = strayTo.nextLong(sectors + 1) * DiskNemesis.SECTOR_BYTES;
      file.write(ByteBuffer.wrap(content), elsewhere);
      process.machine().spoilDisk();
      process.record().deed("write went astray");
      process.machine().timeline().trace("stray " + path.getFileName(), position, elsewhere);
      stray = Optional.of(new Stray(file, content, position, false));
    }

    @Override
    public void sync() throws IOException {
      change();
      if (!bug.skipsSyncOf(path)) {
        file.sync();
      }
      stray = stray.filter(lost -> lost.file() != file || !lost.followed());
    }

    @Override
    public long size() throws IOException {
      alive();
      return file.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      change();
      file.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      if (stray.isPresent() && stray.get().file() == file) {
        bringHome();
      }
      file.close();
    }
  }
}
