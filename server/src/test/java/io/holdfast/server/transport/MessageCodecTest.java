package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.ReadIndex;
import io.holdfast.server.raft.message.ReadIndexResponse;
import io.holdfast.server.raft.message.RepairPoint;
import io.holdfast.server.raft.message.RequestPreVote;
import io.holdfast.server.raft.message.RequestPreVoteResponse;
import io.holdfast.server.raft.message.RequestRepair;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.message.TimeoutNow;
import io.holdfast.server.transport.wire.PeerFrame;
import io.holdfast.server.transport.wire.PeerMessage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The hand-written codec against itself and against the code generated from {@code peer.proto}. */
class MessageCodecTest {
  private static final long FROM = 0x8e9e05c52164694dL;
  private static final long TO = 5;
  private static final List<Message> SIMPLE =
      List.of(
          new RequestPreVote(FROM, TO, 7, 100, 6),
          new RequestPreVoteResponse(FROM, TO, 7, true),
          new RequestPreVoteResponse(FROM, TO, 7, false),
          new RequestVote(FROM, TO, 8, 100, 6, true),
          new RequestVoteResponse(FROM, TO, 8, true),
          new AppendEntriesResponse(FROM, TO, 8, 101, false, 0, 0),
          new AppendEntriesResponse(FROM, TO, 8, 101, true, 90, 3),
          new Heartbeat(FROM, TO, 8, 99, -1),
          new HeartbeatResponse(FROM, TO, 8, Long.MIN_VALUE),
          new ReadIndex(FROM, TO, 8, 0x7fffffffffffffffL),
          new ReadIndexResponse(FROM, TO, 8, 4, 101),
          new TimeoutNow(FROM, TO, 8),
          new RequestRepair(FROM, TO, 8, Long.MIN_VALUE | 5, 77),
          new RepairPoint(FROM, TO, 8, Long.MIN_VALUE | 5, 78),
          new ForwardRefused(FROM, TO, 8, Long.MIN_VALUE | 5, 79),
          new CommitNotice(FROM, TO, 8, 80));

  @Test
  void everyMessageComesBack() throws Exception {
    assertEquals(SIMPLE, MessageCodec.decode(MessageCodec.encode(SIMPLE)));
  }

  @Test
  void entriesComeBack() throws Exception {
    byte[] data = {1, 2, 3};
    AppendEntries append =
        new AppendEntries(
            FROM,
            TO,
            9,
            41,
            8,
            List.of(
                new Entry(42, 9, EntryType.NORMAL, new byte[0]),
                new Entry(43, 9, EntryType.CONFIG_CHANGE, data)),
            40);
    AppendEntries back =
        (AppendEntries) MessageCodec.decode(MessageCodec.encode(List.of(append))).get(0);
    assertEquals(41, back.prevLogIndex());
    assertEquals(8, back.prevLogTerm());
    assertEquals(40, back.leaderCommit());
    assertEquals(2, back.entries().size());
    assertEquals(0, back.entries().get(0).data().length);
    assertEquals(43, back.entries().get(1).index());
    assertEquals(9, back.entries().get(1).term());
    assertEquals(EntryType.CONFIG_CHANGE, back.entries().get(1).type());
    assertArrayEquals(data, back.entries().get(1).data());
  }

  @Test
  void forwardedCommandsComeBack() throws Exception {
    ForwardPropose forward =
        new ForwardPropose(FROM, TO, 9, -5, 17, List.of(new byte[] {1}, new byte[] {2, 3}));
    ForwardPropose back =
        (ForwardPropose) MessageCodec.decode(MessageCodec.encode(List.of(forward))).get(0);
    assertEquals(-5, back.incarnation());
    assertEquals(17, back.sequence());
    assertArrayEquals(new byte[] {2, 3}, back.commands().get(1));
  }

  @Test
  void isWhatTheContractSays() throws Exception {
    PeerFrame frame = PeerFrame.parseFrom(MessageCodec.encode(SIMPLE));
    assertEquals(SIMPLE.size(), frame.getMessagesCount());
    PeerMessage vote = frame.getMessages(3);
    assertEquals(FROM, vote.getFrom());
    assertEquals(TO, vote.getTo());
    assertEquals(8, vote.getTerm());
    assertEquals(100, vote.getRequestVote().getLastLogIndex());
    assertEquals(6, vote.getRequestVote().getLastLogTerm());
    assertEquals(true, vote.getRequestVote().getLeadershipTransfer());
    assertEquals(-1, frame.getMessages(7).getHeartbeat().getReadContext());
    assertEquals(90, frame.getMessages(6).getAppendEntriesResponse().getHintIndex());
    assertEquals(PeerMessage.BodyCase.TIMEOUT_NOW, frame.getMessages(11).getBodyCase());
    assertEquals(80, frame.getMessages(15).getCommitNotice().getLeaderCommit());
    assertEquals(SIMPLE, MessageCodec.decode(frame.toByteArray()));
  }

  @Test
  void refusesWhatIsCutShort() {
    byte[] frame = MessageCodec.encode(SIMPLE);
    byte[] cut = Arrays.copyOf(frame, frame.length - 1);
    assertThrows(IOException.class, () -> MessageCodec.decode(cut));
  }

  @Test
  void aSnapshotsHeadAndPartsComeBack() throws Exception {
    InstallSnapshot message =
        new InstallSnapshot(
            FROM, TO, 9, new SnapshotMetadata(1000, 8, ConfState.ofVoters(List.of(FROM, TO))));
    assertEquals(message, SnapshotParts.readHead(SnapshotParts.head(message)));
    byte[] part = SnapshotParts.data(new byte[] {1, 2, 3, 4}, 3);
    assertArrayEquals(new byte[] {1, 2, 3}, SnapshotParts.readData(part));
    part[3] ^= 1;
    assertThrows(IOException.class, () -> SnapshotParts.readData(part));
    assertThrows(IOException.class, () -> SnapshotParts.readHead(SnapshotParts.data(part, 2)));
  }
}
