package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.PreparedStore;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.snapshot.SnapshotFiles;
import io.holdfast.server.snapshot.SnapshotWriter;
import io.holdfast.server.transport.PeerSecurity;
import io.holdfast.server.wal.Wal;
import io.holdfast.server.wal.WalIdentity;
import io.holdfast.server.wal.WalOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The process ends at every single call to the disk while a snapshot is received, loaded, put in
 * the place of the state and noted in the log. Whenever it ends, the next start finds the old state
 * with the old log or the new state with a log that begins behind it, and never takes the member
 * for damaged. The old log reaches further than the snapshot, with entries of another leader.
 */
class SnapshotInstallCrashTest {
  private static final long CLUSTER = 0xc1;
  private static final MemberIdentity SELF = new MemberIdentity(CLUSTER, 1);
  private static final ConfState CONF = ConfState.ofVoters(List.of(1L, 2L, 3L));
  private static final SnapshotMetadata SNAPSHOT = new SnapshotMetadata(9, 2, CONF);
  private static final long OLD_APPLIED = 5;
  private static final long OLD_LAST = 12;
  private static final byte[] KEY = {1};

  private final Path root = Path.of("/machine");
  private final MemberConfig config = MemberConfig.builder("m", root.resolve("data")).build();
  private final Path snap = root.resolve("data/member/snap");
  private final Path wal = root.resolve("data/member/wal");

  @Test
  void theNextStartFindsOneStateOrTheOtherWhole() throws Exception {
    SimulatedDisk before = prepared();
    byte[] stream = stream();
    int oldStates = 0;
    int newStates = 0;
    for (int number = 1; ; number++) {
      SimulatedDisk disk = before.processKill();
      int[] calls = {0};
      int last = number;
      boolean completed = install(disk, stream, calls, last);
      if (isNewState(disk.processKill(), "call " + number)) {
        newStates++;
      } else {
        oldStates++;
        assertFalse(completed, "the installation was over");
      }
      if (completed) {
        assertTrue(oldStates > 20 && newStates > 4, oldStates + " old, " + newStates + " new");
        return;
      }
    }
  }

  /** A member that has applied five entries and holds seven more, none of them committed. */
  private SimulatedDisk prepared() throws Exception {
    SimulatedDisk disk = new SimulatedDisk(root);
    DataDirectory.open(disk, config).close();
    try (Backend backend = Backend.open(disk, snap.resolve("db"), BackendOptions.defaults())) {
      backend.bucket("witness").put(KEY, text("old"));
      backend.commit(OLD_APPLIED, 1);
      backend.sync();
    }
    try (Wal log = log(disk)) {
      log.snapshotInstalled(new SnapshotMetadata(1, 1, CONF));
      List<Entry> entries = new ArrayList<>();
      for (long index = 2; index <= OLD_LAST; index++) {
        entries.add(new Entry(index, 1, EntryType.NORMAL, text("entry " + index)));
      }
      log.append(Optional.of(new HardState(1, 1, OLD_APPLIED)), entries);
      log.sync();
    }
    return disk;
  }

  /**
   * @return whether it came to its end before the call at which the process was to end
   */
  private boolean install(SimulatedDisk disk, byte[] stream, int[] calls, int last)
      throws Exception {
    Disk dying =
        new InterceptedDisk(
            disk,
            (call, path) -> {
              if (++calls[0] >= last) {
                throw new IOException("the process has ended");
              }
            });
    try (Wal log = log(dying)) {
      SnapshotFiles files = SnapshotFiles.open(dying, snap, CLUSTER);
      StoreFile store =
          StoreFile.open(
              dying, snap.resolve("db"), BackendOptions.defaults(), MvccOptions.defaults());
      IncomingSnapshot incoming = files.receive(SNAPSHOT);
      incoming.write(stream, 0, stream.length);
      ReceivedSnapshot received = incoming.complete();
      PreparedStore prepared = store.prepare(received);
      prepared.exchange(store.backend());
      log.snapshotInstalled(SNAPSHOT);
      log.append(Optional.of(new HardState(2, 0, SNAPSHOT.index())), List.of());
      log.sync();
      received.delete();
      return true;
    } catch (IOException | RuntimeException | Error e) {
      assertTrue(calls[0] >= last, () -> "failed by itself: " + e);
      return false;
    }
  }

  private boolean isNewState(SimulatedDisk disk, String when) throws Exception {
    SnapshotFiles files = SnapshotFiles.open(disk, snap, CLUSTER);
    files.removeLeftovers();
    Optional<SnapshotMetadata> received = files.newest().map(ReceivedSnapshot::metadata);
    DataDirectory directory = DataDirectory.open(disk, config);
    StorageOpening.Opened opened =
        StorageOpening.open(
            directory,
            SELF,
            3,
            new MachineEnvironment(PeerSecurity.plaintext()) {
              @Override
              public Disk disk() {
                return disk;
              }
            },
            disk,
            WalOptions.defaults().withDisk(disk),
            received);
    try {
      Restored restored = opened.restored();
      Backend backend = opened.storeFile().backend();
      String witness =
          new String(backend.bucket("witness").get(KEY).orElseThrow(), StandardCharsets.UTF_8);
      assertFalse(restored.repairing(), when + ": taken for damaged");
      if (witness.equals("new")) {
        assertEquals(SNAPSHOT.index(), backend.appliedIndex(), when);
        assertEquals(SNAPSHOT, restored.snapshot(), when);
        assertEquals(List.of(), restored.entries(), when);
        assertTrue(restored.hardState().term() >= SNAPSHOT.term(), when);
        return true;
      }
      assertEquals("old", witness, when);
      assertEquals(OLD_APPLIED, backend.appliedIndex(), when);
      assertEquals(OLD_LAST, restored.entries().get(restored.entries().size() - 1).index(), when);
      return false;
    } finally {
      opened.storeFile().close();
      opened.wal().close();
      opened.votes().close();
      directory.close();
    }
  }

  private Wal log(Disk disk) {
    return Wal.open(wal, WalOptions.defaults().withDisk(disk), new WalIdentity(1, CLUSTER)).wal();
  }

  /** The state at the snapshot's index: one record. */
  private static byte[] stream() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SnapshotWriter writer = new SnapshotWriter(out, CLUSTER);
    byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(1).array();
    writer.accept(0, text("witness"), number);
    writer.accept(1, KEY, text("new"));
    writer.finish(SNAPSHOT);
    return out.toByteArray();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
