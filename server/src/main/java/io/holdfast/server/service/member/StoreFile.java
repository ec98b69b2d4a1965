package io.holdfast.server.service.member;

import io.holdfast.server.apply.SnapshotInstaller;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.node.ReceivedSnapshot;
import java.io.IOException;

/** The store's file while the member runs: knows which one is open, to close it in the end. */
final class StoreFile implements SnapshotInstaller, AutoCloseable {
  private final DataDirectory directory;
  private volatile Backend open;

  StoreFile(DataDirectory directory, Backend open) {
    this.directory = directory;
    this.open = open;
  }

  @Override
  public Installed install(Backend live, ReceivedSnapshot snapshot) throws IOException {
    throw new IOException("not wired yet: " + directory.store() + open);
  }

  @Override
  public void close() {
    open.close();
  }
}
