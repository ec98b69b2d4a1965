package io.holdfast.server.simulation;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

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

  /** Nothing more fails. */
  void mend() {
    callsUntilPowerCut = -1;
    callsUntilFailure = -1;
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
    disk.rename(from, to);
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
      file.write(source, position);
    }

    @Override
    public void sync() throws IOException {
      change();
      if (!bug.skipsSyncOf(path)) {
        file.sync();
      }
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
      file.close();
    }
  }
}
