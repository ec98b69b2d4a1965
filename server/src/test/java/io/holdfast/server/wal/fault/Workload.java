package io.holdfast.server.wal.fault;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.Recovered;
import io.holdfast.server.wal.Wal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Seeded steps as a member takes them, each done to a log and to its twin. */
final class Workload {
  private final Random random;
  private final LogTwin twin;
  private Wal wal;
  private long term = 1;
  private long last;
  private long commit;
  private long mark;

  Workload(long seed, LogTwin twin) {
    this.random = new Random(seed);
    this.twin = twin;
  }

  /** Goes on with a log that was just opened. */
  void use(Wal.Opened opened) {
    wal = opened.wal();
    Recovered recovered = opened.recovered();
    term = Math.max(1, recovered.hardState().term());
    last = recovered.lastIndex();
    commit = recovered.hardState().commit();
    mark = recovered.snapshot().index();
  }

  /** A step ends with a sync that succeeded, so all of it is acknowledged. */
  void step() {
    int kind = random.nextInt(20);
    if (kind == 0) {
      install();
    } else if (kind < 4 && commit > mark) {
      save();
    } else {
      append(kind == 4);
    }
    wal.sync();
    twin.synced();
    if (kind == 5) {
      wal.truncatePrefix(mark + 1);
    }
  }

  private void append(boolean newTerm) {
    if (newTerm) {
      term++;
      last = commit + (last > commit ? random.nextInt((int) (last - commit)) : 0);
    }
    List<Entry> entries = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      entries.add(entry(++last));
    }
    Optional<HardState> state = Optional.empty();
    if (newTerm || random.nextBoolean()) {
      commit += random.nextInt((int) (last - commit) + 1);
      state = Optional.of(new HardState(term, random.nextInt(4), commit));
    }
    entries.forEach(twin::entry);
    state.ifPresent(twin::hardState);
    wal.append(state, entries);
  }

  private void save() {
    mark = mark + 1 + random.nextInt((int) (commit - mark));
    SnapshotMetadata saved = new SnapshotMetadata(mark, twin.termAt(mark), conf());
    twin.snapshotSaved(saved);
    wal.snapshotSaved(saved);
    wal.truncatePrefix(mark + 1);
  }

  private void install() {
    term++;
    mark = last + random.nextInt(5);
    last = mark;
    commit = mark;
    SnapshotMetadata installed = new SnapshotMetadata(mark, term, conf());
    HardState state = new HardState(term, 0, commit);
    twin.snapshotInstalled(installed);
    twin.hardState(state);
    wal.snapshotInstalled(installed);
    wal.append(Optional.of(state), List.of());
  }

  private Entry entry(long index) {
    int bytes =
        switch (random.nextInt(8)) {
          case 0 -> 0;
          case 1 -> 600 + random.nextInt(2500);
          default -> random.nextInt(300);
        };
    byte[] data = new byte[bytes];
    if (random.nextInt(4) != 0) {
      random.nextBytes(data); // otherwise zeros, which look like sectors that were never written
    }
    EntryType type = random.nextInt(10) == 0 ? EntryType.CONFIG_CHANGE : EntryType.NORMAL;
    return new Entry(index, term, type, data);
  }

  private ConfState conf() {
    List<Long> voters = new ArrayList<>();
    for (long id = 1; id <= 1 + random.nextInt(5); id++) {
      voters.add(id);
    }
    return ConfState.ofVoters(voters);
  }
}
