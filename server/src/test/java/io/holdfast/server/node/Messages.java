package io.holdfast.server.node;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.message.AppendEntries;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages of peers, as tests need them. */
final class Messages {
  private Messages() {}

  /** Entries of the leader's own term behind an index. */
  static AppendEntries append(
      long leader, long term, long prevIndex, long prevTerm, String... commands) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < commands.length; i++) {
      entries.add(
          new Entry(
              prevIndex + 1 + i,
              term,
              EntryType.NORMAL,
              commands[i].getBytes(StandardCharsets.UTF_8)));
    }
    return new AppendEntries(
        leader, NodeHarness.SELF, term, prevIndex, prevTerm, entries, prevIndex);
  }
}
