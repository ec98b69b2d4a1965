package io.holdfast.server.disk;

import java.nio.file.Path;

/** Watches how much of what was written to one file a sync would have to take to the disk. */
public final class UnsyncedBytes implements InterceptedDisk.Interceptor {
  private final String fileName;
  private long unsynced;
  private long most;

  public UnsyncedBytes(String fileName) {
    this.fileName = fileName;
  }

  /** The most there was at any time. */
  public long most() {
    return most;
  }

  @Override
  public void before(InterceptedDisk.Call call, Path path) {
    if (call == InterceptedDisk.Call.SYNC && isIt(path)) {
      unsynced = 0;
    }
  }

  @Override
  public int bytesWritten(Path path, int bytes) {
    if (isIt(path)) {
      unsynced += bytes;
      most = Math.max(most, unsynced);
    }
    return bytes;
  }

  private boolean isIt(Path path) {
    return path.getFileName().toString().equals(fileName);
  }
}
