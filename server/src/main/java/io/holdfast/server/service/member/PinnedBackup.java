package io.holdfast.server.service.member;

import io.holdfast.server.backup.BackupAbout;
import io.holdfast.server.backup.BackupWriter;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.ResponseHeader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;

/** A backup of the state pinned on the loop. */
final class PinnedBackup implements Backup {
  private final ResponseHeader header;
  private final String version;
  private final SnapshotContent content;
  private final BackupAbout about;
  private final Runnable released;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param released told once when it is closed
   */
  PinnedBackup(
      ResponseHeader header,
      String version,
      SnapshotContent content,
      BackupAbout about,
      Runnable released) {
    this.header = header;
    this.version = version;
    this.content = content;
    this.about = about;
    this.released = released;
  }

  @Override
  public ResponseHeader header() {
    return header;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public long sizeBytes() throws IOException {
    return BackupWriter.sizeBytes(content, about);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    BackupWriter.write(content, about, out);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      content.close();
      released.run();
    }
  }
}
