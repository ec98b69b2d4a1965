package io.holdfast.server.service.member;

import io.holdfast.server.apply.PreparedStore;
import io.holdfast.server.apply.SnapshotInstaller;
import io.holdfast.server.apply.StoreReplacement;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.backend.BackendReplacement;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.node.ReceivedSnapshot;
import java.io.IOException;
import java.nio.file.Path;

/** The store's file while the member runs: knows which one is open, to close it in the end. */
final class StoreFile implements SnapshotInstaller, AutoCloseable {
  private final SnapshotInstaller replacement;
  private volatile Backend open;

  private StoreFile(BackendReplacement files, MvccOptions mvccOptions, Backend open) {
    this.replacement = new StoreReplacement(files, mvccOptions, exchanged -> this.open = exchanged);
    this.open = open;
  }

  /** Opens the file, or creates it; removes what an interrupted installation has left behind. */
  static StoreFile open(Disk disk, Path file, BackendOptions options, MvccOptions mvccOptions) {
    BackendReplacement replacement = new BackendReplacement(disk, file, options);
    return new StoreFile(replacement, mvccOptions, Backend.open(disk, file, options));
  }

  /** The store that is open now. */
  Backend backend() {
    return open;
  }

  @Override
  public PreparedStore prepare(ReceivedSnapshot snapshot) throws IOException {
    return replacement.prepare(snapshot);
  }

  @Override
  public void close() {
    open.close();
  }
}
