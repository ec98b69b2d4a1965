package io.holdfast.server.apply;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendReplacement;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Installs snapshots by exchanging the store file. */
public final class StoreReplacement implements SnapshotInstaller {
  private final BackendReplacement files;
  private final MvccOptions options;
  private final Consumer<Backend> exchanged;

  /**
   * @param exchanged told which file is the live one after an exchange
   */
  public StoreReplacement(
      BackendReplacement files, MvccOptions options, Consumer<Backend> exchanged) {
    this.files = files;
    this.options = options;
    this.exchanged = exchanged;
  }

  @Override
  public PreparedStore prepare(ReceivedSnapshot snapshot) throws IOException {
    SnapshotMetadata metadata = snapshot.metadata();
    BackendReplacement.Prepared file =
        files.prepare(
            metadata.index(), metadata.term(), loader -> StateSnapshot.read(snapshot, loader::add));
    try {
      return new LoadedStore(metadata, file, MvccStore.open(file.backend(), options));
    } catch (CorruptRecordException e) {
      file.close();
      throw new IOException("the snapshot's state does not check out: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private record LeasedKey(Key key, long leaseId) {}

  /** A snapshot's state between its loading and its installation. */
  private final class LoadedStore implements PreparedStore {
    private final SnapshotMetadata metadata;
    private final BackendReplacement.Prepared file;
    private final MvccStore store;
    private final List<LeasedKey> leasedKeys = new ArrayList<>();

    LoadedStore(SnapshotMetadata metadata, BackendReplacement.Prepared file, MvccStore store) {
      this.metadata = metadata;
      this.file = file;
      this.store = store;
      store.forEachLeasedKey((key, leaseId) -> leasedKeys.add(new LeasedKey(key, leaseId)));
    }

    @Override
    public SnapshotMetadata metadata() {
      return metadata;
    }

    @Override
    public Backend backend() {
      return file.backend();
    }

    @Override
    public MvccStore store() {
      return store;
    }

    @Override
    public void attachTo(Lessor lessor) {
      for (LeasedKey leased : leasedKeys) {
        lessor.attach(leased.key(), leased.leaseId());
      }
    }

    @Override
    public void exchange(Backend live) {
      file.exchange(live);
      exchanged.accept(file.backend());
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
