package io.holdfast.server.auth;

import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.mvcc.KeyRange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Users and roles as records of their bucket. Strings and keys are written with a length of four
 * bytes; names are in the record's key.
 */
final class AuthCodec {
  static final byte USER = 'u';
  static final byte ROLE = 'r';
  static final byte[] SETTINGS = {'s'};

  private static final byte[] OPEN_END = {0};

  private AuthCodec() {}

  private interface Writer {
    void to(DataOutputStream out) throws IOException;
  }

  private interface Reader<T> {
    T from(DataInputStream in) throws IOException;
  }

  static byte[] key(byte kind, String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    byte[] key = new byte[text.length + 1];
    key[0] = kind;
    System.arraycopy(text, 0, key, 1, text.length);
    return key;
  }

  static String name(byte[] key) {
    return new String(key, 1, key.length - 1, StandardCharsets.UTF_8);
  }

  static byte[] settings(boolean enabled, long revision) {
    return write(
        out -> {
          out.writeBoolean(enabled);
          out.writeLong(revision);
        });
  }

  static boolean enabled(byte[] settings) {
    return read(settings, in -> withRest(in.readBoolean(), in));
  }

  static long revision(byte[] settings) {
    return read(
        settings,
        in -> {
          in.readBoolean();
          return in.readLong();
        });
  }

  private static boolean withRest(boolean value, DataInputStream in) throws IOException {
    in.readLong();
    return value;
  }

  static byte[] encode(User user) {
    return write(
        out -> {
          out.writeBoolean(user.noPassword());
          writeBytes(out, user.passwordHash().getBytes(StandardCharsets.UTF_8));
          out.writeInt(user.roles().size());
          for (String role : user.roles()) {
            writeBytes(out, role.getBytes(StandardCharsets.UTF_8));
          }
          out.writeLong(user.credentialRevision());
        });
  }

  static User user(byte[] key, byte[] value) {
    return read(
        value,
        in -> {
          boolean noPassword = in.readBoolean();
          String hash = new String(readBytes(in), StandardCharsets.UTF_8);
          List<String> roles = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            roles.add(new String(readBytes(in), StandardCharsets.UTF_8));
          }
          // Records of the first days end here.
          long credentialRevision = in.available() == 0 ? 0 : in.readLong();
          return new User(name(key), hash, noPassword, roles, credentialRevision);
        });
  }

  static byte[] encode(Role role) {
    return write(
        out -> {
          out.writeInt(role.permissions().size());
          for (Permission permission : role.permissions()) {
            out.writeByte(permission.kind().code());
            writeBytes(out, permission.range().start());
            writeBytes(out, rangeEnd(permission.range()));
          }
        });
  }

  static Role role(byte[] key, byte[] value) {
    return read(
        value,
        in -> {
          List<Permission> permissions = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            AccessKind kind = AccessKind.ofCode(in.readByte());
            byte[] start = readBytes(in);
            permissions.add(new Permission(KeyRange.of(start, readBytes(in)), kind));
          }
          return new Role(name(key), permissions);
        });
  }

  /** A range's end in etcd's way of writing it. */
  private static byte[] rangeEnd(KeyRange range) {
    if (range.isSingle()) {
      return new byte[0];
    }
    return range.isOpenEnded() ? OPEN_END : range.end();
  }

  private static byte[] write(Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writer.to(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static <T> T read(byte[] record, Reader<T> reader) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(record))) {
      T value = reader.from(in);
      InvariantViolation.check(
          in.available() == 0, "records of users and roles are well formed", "one is too long");
      return value;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvariantViolation("records of users and roles are well formed", e.toString());
    }
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a length of " + length);
    }
    return Arrays.copyOf(in.readNBytes(length), length);
  }
}
