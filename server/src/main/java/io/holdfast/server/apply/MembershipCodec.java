package io.holdfast.server.apply;

import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.raft.membership.ConfState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The membership as records of a bucket: one for each member, one for each removed id, and one with
 * the voters and learners. A key is a letter and, for a member, its id; equal memberships are equal
 * bytes on every member.
 */
final class MembershipCodec {
  static final byte MEMBER = 'm';
  static final byte REMOVED = 'r';
  static final byte CONF_STATE = 'c';
  private static final int LIST_MAX = 1 << 16;

  private interface Writer {
    void write(DataOutputStream out) throws IOException;
  }

  private interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  private MembershipCodec() {}

  static byte[] key(byte letter, long memberId) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(letter).putLong(memberId).array();
  }

  static byte[] confStateKey() {
    return new byte[] {CONF_STATE};
  }

  static byte[] encode(MemberRecord member) {
    return bytes(
        out -> {
          out.writeBoolean(member.learner());
          out.writeUTF(member.name());
          writeTexts(out, member.peerUrls());
          writeTexts(out, member.clientUrls());
        });
  }

  static MemberRecord decodeMember(byte[] key, byte[] value) {
    long memberId = memberId(key);
    return read(
        value,
        in -> {
          boolean learner = in.readBoolean();
          String name = in.readUTF();
          List<String> peerUrls = readTexts(in);
          return new MemberRecord(memberId, name, peerUrls, readTexts(in), learner);
        });
  }

  static long memberId(byte[] key) {
    InvariantViolation.check(
        key.length == 1 + Long.BYTES,
        "membership records are well formed",
        "a key of " + key.length + " bytes");
    return ByteBuffer.wrap(key).getLong(1);
  }

  static byte[] encode(ConfState conf) {
    return bytes(
        out -> {
          out.writeBoolean(conf.autoLeave());
          writeIds(out, conf.voters());
          writeIds(out, conf.votersOutgoing());
          writeIds(out, conf.learners());
          writeIds(out, conf.learnersNext());
        });
  }

  static ConfState decodeConfState(byte[] value) {
    return read(
        value,
        in -> {
          boolean autoLeave = in.readBoolean();
          SortedSet<Long> voters = readIds(in);
          SortedSet<Long> outgoing = readIds(in);
          SortedSet<Long> learners = readIds(in);
          return new ConfState(voters, outgoing, learners, readIds(in), autoLeave);
        });
  }

  private static byte[] bytes(Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writer.write(new DataOutputStream(bytes));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static <T> T read(byte[] value, Reader<T> reader) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(value))) {
      T decoded = reader.read(in);
      if (in.read() >= 0) {
        throw new IOException("bytes are left over");
      }
      return decoded;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvariantViolation(
          "membership records are well formed",
          "one of " + value.length + " bytes is not: " + e.getMessage());
    }
  }

  private static void writeTexts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeInt(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }

  private static List<String> readTexts(DataInputStream in) throws IOException {
    int count = readCount(in);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  private static void writeIds(DataOutputStream out, Collection<Long> ids) throws IOException {
    out.writeInt(ids.size());
    for (long id : ids) {
      out.writeLong(id);
    }
  }

  private static SortedSet<Long> readIds(DataInputStream in) throws IOException {
    int count = readCount(in);
    SortedSet<Long> ids = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ids.add(in.readLong());
    }
    return ids;
  }

  private static int readCount(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > LIST_MAX) {
      throw new IOException("a list of " + count);
    }
    return count;
  }
}
