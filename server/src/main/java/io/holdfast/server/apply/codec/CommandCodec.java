package io.holdfast.server.apply.codec;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandFormat;
import io.holdfast.server.apply.codec.log.LogEntry;
import io.holdfast.server.apply.codec.log.LogHeader;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.InvariantViolation;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Commands as protobuf messages, see {@code command.proto}.
 *
 * <p>The header stands first in an entry, which protobuf readers do not mind and which lets {@link
 * #requestId} find the id within a few bytes.
 */
public final class CommandCodec implements CommandFormat {
  private static final String READABLE = "log entries are readable";

  /** More than a request can have: an entry adds a level to what the wire has let in. */
  private static final int NESTING_MAX = 1000;

  private static final int LENGTH_DELIMITED = 2;
  private static final int HEADER_TAG = LogEntry.HEADER_FIELD_NUMBER << 3 | LENGTH_DELIMITED;
  private static final int ID_TAG = LogHeader.ID_FIELD_NUMBER << 3;

  @Override
  public byte[] encode(long requestId, Caller caller, Command command) {
    LogHeader header = header(requestId, caller);
    MessageLite body = CommandWriter.message(command);
    int number = CommandWriter.fieldNumber(command);
    byte[] entry =
        new byte
            [CodedOutputStream.computeMessageSize(LogEntry.HEADER_FIELD_NUMBER, header)
                + CodedOutputStream.computeMessageSize(number, body)];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(entry);
      out.writeMessage(LogEntry.HEADER_FIELD_NUMBER, header);
      out.writeMessage(number, body);
      out.checkNoSpaceLeft();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return entry;
  }

  private static LogHeader header(long requestId, Caller caller) {
    LogHeader.Builder header = LogHeader.newBuilder().setId(requestId);
    if (caller instanceof Caller.SignedIn known) {
      header.setUsername(known.user()).setAuthRevision(known.authRevision());
    } else if (caller instanceof Caller.Cluster) {
      header.setByCluster(true);
    }
    return header.build();
  }

  @Override
  public Caller caller(byte[] entry) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(entry);
      InvariantViolation.check(
          in.readTag() == HEADER_TAG, READABLE, "an entry does not begin with its header");
      LogHeader header = LogHeader.parseFrom(in.readByteArray());
      if (header.getByCluster()) {
        return Caller.CLUSTER;
      }
      return header.getUsername().isEmpty()
          ? Caller.ANONYMOUS
          : new Caller.SignedIn(header.getUsername(), header.getAuthRevision());
    } catch (IOException e) {
      throw new InvariantViolation(READABLE, "an entry's header is malformed: " + e.getMessage());
    }
  }

  @Override
  public long requestId(byte[] entry) {
    Cursor cursor = new Cursor(entry);
    boolean found =
        cursor.varint() == HEADER_TAG && cursor.varint() > 0 && cursor.varint() == ID_TAG;
    InvariantViolation.check(found, READABLE, "an entry does not begin with a request id");
    return cursor.varint();
  }

  @Override
  public Command decode(byte[] entry) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(entry);
      in.setRecursionLimit(NESTING_MAX);
      LogEntry message = LogEntry.parseFrom(in);
      in.checkLastTagWas(0);
      return CommandReader.command(message);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvariantViolation(
          READABLE, "an entry of " + entry.length + " bytes is malformed: " + e.getMessage());
    }
  }

  /** Reads variable-length integers from the beginning of an entry. */
  private static final class Cursor {
    private final byte[] bytes;
    private int position;

    Cursor(byte[] bytes) {
      this.bytes = bytes;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE && position < bytes.length; shift += 7) {
        byte next = bytes[position++];
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new InvariantViolation(READABLE, "an entry's header is cut short");
    }
  }
}
