package io.holdfast.server.transport;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames of Raft messages as protobuf, see {@code peer.proto}, written and read directly from and
 * into the core's records: entries make up nearly all of a cluster's traffic, and a generated
 * object for each would be garbage at once.
 */
final class MessageCodec {
  private static final int FRAME_MESSAGES = 1;
  private static final int FROM = 1;
  private static final int TO = 2;
  private static final int TERM = 3;

  private MessageCodec() {}

  static byte[] encode(List<Message> messages) {
    int[] sizes = new int[messages.size()];
    int total = 0;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = sizeOf(messages.get(i));
      total += nested(FRAME_MESSAGES, sizes[i]);
    }
    byte[] frame = new byte[total];
    CodedOutputStream out = CodedOutputStream.newInstance(frame);
    try {
      for (int i = 0; i < sizes.length; i++) {
        begin(out, FRAME_MESSAGES, sizes[i]);
        write(out, messages.get(i));
      }
      out.checkNoSpaceLeft();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return frame;
  }

  /** About how large a message will be on the wire, in bytes. */
  static int sizeOf(Message message) {
    return CodedOutputStream.computeFixed64Size(FROM, message.from())
        + CodedOutputStream.computeFixed64Size(TO, message.to())
        + CodedOutputStream.computeUInt64Size(TERM, message.term())
        + nested(Kind.of(message).field, Body.sizeOf(message));
  }

  /**
   * @throws InvalidProtocolBufferException when the bytes are no frame
   */
  static List<Message> decode(byte[] frame) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(frame);
    List<Message> messages = new ArrayList<>();
    int tag;
    while ((tag = in.readTag()) != 0) {
      if (WireFormat.getTagFieldNumber(tag) == FRAME_MESSAGES) {
        int limit = in.pushLimit(in.readRawVarint32());
        readMessage(in, messages);
        in.popLimit(limit);
      } else {
        in.skipField(tag);
      }
    }
    return messages;
  }

  private static void write(CodedOutputStream out, Message message) throws IOException {
    out.writeFixed64(FROM, message.from());
    out.writeFixed64(TO, message.to());
    out.writeUInt64(TERM, message.term());
    begin(out, Kind.of(message).field, Body.sizeOf(message));
    Body.write(out, message);
  }

  private static void readMessage(CodedInputStream in, List<Message> messages) throws IOException {
    long from = 0;
    long to = 0;
    long term = 0;
    int tag;
    while ((tag = in.readTag()) != 0) {
      int field = WireFormat.getTagFieldNumber(tag);
      if (field == FROM) {
        from = in.readFixed64();
      } else if (field == TO) {
        to = in.readFixed64();
      } else if (field == TERM) {
        term = in.readUInt64();
      } else if (Kind.isKnown(field)) {
        int limit = in.pushLimit(in.readRawVarint32());
        messages.add(Body.read(in, Kind.of(field), from, to, term));
        in.popLimit(limit);
      } else {
        in.skipField(tag);
      }
    }
  }

  private static int nested(int field, int size) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  private static void begin(CodedOutputStream out, int field, int size) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(size);
  }

  /** The message kinds that travel in frames, by field number. */
  private enum Kind {
    REQUEST_PRE_VOTE(4),
    REQUEST_PRE_VOTE_RESPONSE(5),
    REQUEST_VOTE(6),
    REQUEST_VOTE_RESPONSE(7),
    APPEND(8),
    APPENDED(9),
    HEARTBEAT(10),
    HEARTBEAT_RESPONSE(11),
    READ_INDEX(12),
    READ_INDEX_RESPONSE(13),
    FORWARD(14),
    TIMEOUT_NOW(15),
    REQUEST_REPAIR(16),
    REPAIR_POINT(17),
    FORWARD_REFUSED(18),
    COMMIT_NOTICE(19);

    private static final Kind[] ALL = values();
    private final int field;

    Kind(int field) {
      this.field = field;
    }

    static boolean isKnown(int field) {
      return field >= ALL[0].field && field <= ALL[ALL.length - 1].field;
    }

    static Kind of(int field) {
      return ALL[field - ALL[0].field];
    }

    static Kind of(Message message) {
      if (message instanceof AppendEntries) {
        return APPEND;
      } else if (message instanceof AppendEntriesResponse) {
        return APPENDED;
      } else if (message instanceof Heartbeat) {
        return HEARTBEAT;
      } else if (message instanceof HeartbeatResponse) {
        return HEARTBEAT_RESPONSE;
      } else if (message instanceof ReadIndex) {
        return READ_INDEX;
      } else if (message instanceof ReadIndexResponse) {
        return READ_INDEX_RESPONSE;
      } else if (message instanceof ForwardPropose) {
        return FORWARD;
      } else if (message instanceof RequestPreVote) {
        return REQUEST_PRE_VOTE;
      } else if (message instanceof RequestPreVoteResponse) {
        return REQUEST_PRE_VOTE_RESPONSE;
      } else if (message instanceof RequestVote) {
        return REQUEST_VOTE;
      } else if (message instanceof RequestVoteResponse) {
        return REQUEST_VOTE_RESPONSE;
      } else if (message instanceof TimeoutNow) {
        return TIMEOUT_NOW;
      } else if (message instanceof RequestRepair) {
        return REQUEST_REPAIR;
      } else if (message instanceof RepairPoint) {
        return REPAIR_POINT;
      } else if (message instanceof ForwardRefused) {
        return FORWARD_REFUSED;
      } else if (message instanceof CommitNotice) {
        return COMMIT_NOTICE;
      }
      throw new IllegalArgumentException(message.getClass().getName() + " travels in no frame");
    }
  }

  /** The bodies of the messages: sizes, writing, reading. Fields that are zero are left out. */
  private static final class Body {
    private static final int MEMBERSHIP_CHANGE = 1;

    private Body() {}

    static int sizeOf(Message message) {
      if (message instanceof AppendEntries append) {
        int size =
            number(1, append.prevLogIndex())
                + number(2, append.prevLogTerm())
                + number(3, append.leaderCommit());
        List<Entry> entries = append.entries();
        for (int i = 0; i < entries.size(); i++) {
          size += nested(4, sizeOf(entries.get(i)));
        }
        return size;
      } else if (message instanceof AppendEntriesResponse response) {
        return number(1, response.index())
            + flag(2, response.rejected())
            + number(3, response.hintIndex())
            + number(4, response.hintTerm());
      } else if (message instanceof Heartbeat heartbeat) {
        return number(1, heartbeat.leaderCommit()) + fixed(2, heartbeat.readContext());
      } else if (message instanceof HeartbeatResponse response) {
        return fixed(2, response.readContext());
      } else if (message instanceof ReadIndex read) {
        return fixed(1, read.requestId());
      } else if (message instanceof ReadIndexResponse read) {
        return fixed(1, read.requestId()) + number(2, read.index());
      } else if (message instanceof ForwardPropose forward) {
        int size = fixed(1, forward.incarnation()) + number(2, forward.sequence());
        List<byte[]> commands = forward.commands();
        for (int i = 0; i < commands.size(); i++) {
          size += CodedOutputStream.computeByteArraySize(3, commands.get(i));
        }
        return size;
      } else if (message instanceof RequestPreVote vote) {
        return number(1, vote.lastLogIndex()) + number(2, vote.lastLogTerm());
      } else if (message instanceof RequestVote vote) {
        return number(1, vote.lastLogIndex())
            + number(2, vote.lastLogTerm())
            + flag(3, vote.leadershipTransfer());
      } else if (message instanceof RequestPreVoteResponse response) {
        return flag(1, response.granted());
      } else if (message instanceof RequestVoteResponse response) {
        return flag(1, response.granted());
      } else if (message instanceof RequestRepair request) {
        return fixed(1, request.attempt()) + number(2, request.lastIndex());
      } else if (message instanceof RepairPoint point) {
        return fixed(1, point.attempt()) + number(2, point.index());
      } else if (message instanceof ForwardRefused refused) {
        return fixed(1, refused.incarnation()) + number(2, refused.sequence());
      } else if (message instanceof CommitNotice notice) {
        return number(1, notice.leaderCommit());
      }
      return 0;
    }

    static void write(CodedOutputStream out, Message message) throws IOException {
      if (message instanceof AppendEntries append) {
        putNumber(out, 1, append.prevLogIndex());
        putNumber(out, 2, append.prevLogTerm());
        putNumber(out, 3, append.leaderCommit());
        List<Entry> entries = append.entries();
        for (int i = 0; i < entries.size(); i++) {
          begin(out, 4, sizeOf(entries.get(i)));
          write(out, entries.get(i));
        }
      } else if (message instanceof AppendEntriesResponse response) {
        putNumber(out, 1, response.index());
        putFlag(out, 2, response.rejected());
        putNumber(out, 3, response.hintIndex());
        putNumber(out, 4, response.hintTerm());
      } else if (message instanceof Heartbeat heartbeat) {
        putNumber(out, 1, heartbeat.leaderCommit());
        putFixed(out, 2, heartbeat.readContext());
      } else if (message instanceof HeartbeatResponse response) {
        putFixed(out, 2, response.readContext());
      } else if (message instanceof ReadIndex read) {
        putFixed(out, 1, read.requestId());
      } else if (message instanceof ReadIndexResponse read) {
        putFixed(out, 1, read.requestId());
        putNumber(out, 2, read.index());
      } else if (message instanceof ForwardPropose forward) {
        putFixed(out, 1, forward.incarnation());
        putNumber(out, 2, forward.sequence());
        List<byte[]> commands = forward.commands();
        for (int i = 0; i < commands.size(); i++) {
          out.writeByteArray(3, commands.get(i));
        }
      } else if (message instanceof RequestPreVote vote) {
        putNumber(out, 1, vote.lastLogIndex());
        putNumber(out, 2, vote.lastLogTerm());
      } else if (message instanceof RequestVote vote) {
        putNumber(out, 1, vote.lastLogIndex());
        putNumber(out, 2, vote.lastLogTerm());
        putFlag(out, 3, vote.leadershipTransfer());
      } else if (message instanceof RequestPreVoteResponse response) {
        putFlag(out, 1, response.granted());
      } else if (message instanceof RequestVoteResponse response) {
        putFlag(out, 1, response.granted());
      } else if (message instanceof RequestRepair request) {
        putFixed(out, 1, request.attempt());
        putNumber(out, 2, request.lastIndex());
      } else if (message instanceof RepairPoint point) {
        putFixed(out, 1, point.attempt());
        putNumber(out, 2, point.index());
      } else if (message instanceof ForwardRefused refused) {
        putFixed(out, 1, refused.incarnation());
        putNumber(out, 2, refused.sequence());
      } else if (message instanceof CommitNotice notice) {
        putNumber(out, 1, notice.leaderCommit());
      }
    }

    static Message read(CodedInputStream in, Kind kind, long from, long to, long term)
        throws IOException {
      if (kind == Kind.APPEND) {
        return readAppend(in, from, to, term);
      } else if (kind == Kind.FORWARD) {
        return readForward(in, from, to, term);
      }
      long first = 0;
      long second = 0;
      long third = 0;
      long fourth = 0;
      int tag;
      while ((tag = in.readTag()) != 0) {
        long value;
        switch (WireFormat.getTagWireType(tag)) {
          case WireFormat.WIRETYPE_VARINT -> value = in.readUInt64();
          case WireFormat.WIRETYPE_FIXED64 -> value = in.readFixed64();
          default -> {
            in.skipField(tag);
            continue;
          }
        }
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> first = value;
          case 2 -> second = value;
          case 3 -> third = value;
          case 4 -> fourth = value;
          default -> {}
        }
      }
      return switch (kind) {
        case APPENDED ->
            new AppendEntriesResponse(from, to, term, first, second != 0, third, fourth);
        case HEARTBEAT -> new Heartbeat(from, to, term, first, second);
        case HEARTBEAT_RESPONSE -> new HeartbeatResponse(from, to, term, second);
        case READ_INDEX -> new ReadIndex(from, to, term, first);
        case READ_INDEX_RESPONSE -> new ReadIndexResponse(from, to, term, first, second);
        case REQUEST_PRE_VOTE -> new RequestPreVote(from, to, term, first, second);
        case REQUEST_PRE_VOTE_RESPONSE -> new RequestPreVoteResponse(from, to, term, first != 0);
        case REQUEST_VOTE -> new RequestVote(from, to, term, first, second, third != 0);
        case REQUEST_VOTE_RESPONSE -> new RequestVoteResponse(from, to, term, first != 0);
        case TIMEOUT_NOW -> new TimeoutNow(from, to, term);
        case REQUEST_REPAIR -> new RequestRepair(from, to, term, first, second);
        case REPAIR_POINT -> new RepairPoint(from, to, term, first, second);
        case FORWARD_REFUSED -> new ForwardRefused(from, to, term, first, second);
        case COMMIT_NOTICE -> new CommitNotice(from, to, term, first);
        case APPEND, FORWARD -> throw new IllegalStateException("read elsewhere");
      };
    }

    private static AppendEntries readAppend(CodedInputStream in, long from, long to, long term)
        throws IOException {
      long prevLogIndex = 0;
      long prevLogTerm = 0;
      long leaderCommit = 0;
      List<Entry> entries = new ArrayList<>();
      int tag;
      while ((tag = in.readTag()) != 0) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> prevLogIndex = in.readUInt64();
          case 2 -> prevLogTerm = in.readUInt64();
          case 3 -> leaderCommit = in.readUInt64();
          case 4 -> {
            int limit = in.pushLimit(in.readRawVarint32());
            entries.add(readEntry(in));
            in.popLimit(limit);
          }
          default -> in.skipField(tag);
        }
      }
      return new AppendEntries(from, to, term, prevLogIndex, prevLogTerm, entries, leaderCommit);
    }

    private static Entry readEntry(CodedInputStream in) throws IOException {
      long index = 0;
      long term = 0;
      EntryType type = EntryType.NORMAL;
      byte[] data = {};
      int tag;
      while ((tag = in.readTag()) != 0) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> index = in.readUInt64();
          case 2 -> term = in.readUInt64();
          case 3 ->
              type =
                  in.readUInt32() == MEMBERSHIP_CHANGE ? EntryType.CONFIG_CHANGE : EntryType.NORMAL;
          case 4 -> data = in.readByteArray();
          default -> in.skipField(tag);
        }
      }
      return new Entry(index, term, type, data);
    }

    private static ForwardPropose readForward(CodedInputStream in, long from, long to, long term)
        throws IOException {
      long incarnation = 0;
      long sequence = 0;
      List<byte[]> commands = new ArrayList<>();
      int tag;
      while ((tag = in.readTag()) != 0) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> incarnation = in.readFixed64();
          case 2 -> sequence = in.readUInt64();
          case 3 -> commands.add(in.readByteArray());
          default -> in.skipField(tag);
        }
      }
      return new ForwardPropose(from, to, term, incarnation, sequence, commands);
    }

    private static int sizeOf(Entry entry) {
      return number(1, entry.index())
          + number(2, entry.term())
          + number(3, entry.type() == EntryType.CONFIG_CHANGE ? MEMBERSHIP_CHANGE : 0)
          + (entry.data().length == 0
              ? 0
              : CodedOutputStream.computeByteArraySize(4, entry.data()));
    }

    private static void write(CodedOutputStream out, Entry entry) throws IOException {
      putNumber(out, 1, entry.index());
      putNumber(out, 2, entry.term());
      putNumber(out, 3, entry.type() == EntryType.CONFIG_CHANGE ? MEMBERSHIP_CHANGE : 0);
      if (entry.data().length > 0) {
        out.writeByteArray(4, entry.data());
      }
    }

    private static int number(int field, long value) {
      return value == 0 ? 0 : CodedOutputStream.computeUInt64Size(field, value);
    }

    private static int fixed(int field, long value) {
      return value == 0 ? 0 : CodedOutputStream.computeFixed64Size(field, value);
    }

    private static int flag(int field, boolean value) {
      return value ? CodedOutputStream.computeBoolSize(field, true) : 0;
    }

    private static void putNumber(CodedOutputStream out, int field, long value) throws IOException {
      if (value != 0) {
        out.writeUInt64(field, value);
      }
    }

    private static void putFixed(CodedOutputStream out, int field, long value) throws IOException {
      if (value != 0) {
        out.writeFixed64(field, value);
      }
    }

    private static void putFlag(CodedOutputStream out, int field, boolean value)
        throws IOException {
      if (value) {
        out.writeBool(field, true);
      }
    }
  }
}
