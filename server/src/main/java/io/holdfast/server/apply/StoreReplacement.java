package io.holdfast.server.apply;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendReplacement;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;

/** Installs snapshots by exchanging the store file. */
public final class StoreReplacement implements SnapshotInstaller {
  private final BackendReplacement files;
  private final MvccOptions options;

  public StoreReplacement(BackendReplacement files, MvccOptions options) {
    this.files = files;
    this.options = options;
  }

  @Override
  public Installed install(Backend live, ReceivedSnapshot snapshot) throws IOException {
    SnapshotMetadata metadata = snapshot.metadata();
    Backend backend =
        files.replace(
            live,
            metadata.index(),
            metadata.term(),
            loader -> StateSnapshot.read(snapshot, loader::add));
    return new Installed(backend, MvccStore.open(backend, options));
  }
}
