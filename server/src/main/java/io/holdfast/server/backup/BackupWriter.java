package io.holdfast.server.backup;

import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes backups. Stateless. */
public final class BackupWriter {
  private BackupWriter() {}

  /**
   * Writes a whole backup, checksums included. The same content gives the same bytes.
   *
   * @param content the pinned state; stays open
   * @param out not closed
   * @return how many bytes were written
   */
  public static long write(SnapshotContent content, BackupAbout about, OutputStream out)
      throws IOException {
    DigestedOutput digested = new DigestedOutput(out);
    SnapshotWriter writer = new SnapshotWriter(digested, about.clusterId());
    content.forEach(writer);
    for (Map.Entry<String, String> fact : about.toTexts().entrySet()) {
      writer.accept(BackupFormat.KIND_OF_FACTS, bytes(fact.getKey()), bytes(fact.getValue()));
    }
    writer.finish(content.metadata());
    digested.write(new byte[BackupFormat.paddingBytes(digested.bytes())]);
    digested.flush();
    out.write(digested.digest());
    out.flush();
    return digested.bytes() + BackupFormat.DIGEST_BYTES;
  }

  /** How long the backup of a content will be; reads all of it. */
  public static long sizeBytes(SnapshotContent content, BackupAbout about) throws IOException {
    return write(content, about, OutputStream.nullOutputStream());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
