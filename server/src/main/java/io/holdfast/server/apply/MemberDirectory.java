package io.holdfast.server.apply;

import io.holdfast.server.backend.Bucket;
import io.holdfast.server.error.InvariantViolation;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the members have published about themselves: names and client URLs. Changed on the loop
 * thread by committed commands, read by any thread.
 */
public final class MemberDirectory {
  private Bucket bucket;
  private volatile Map<Long, Command.MemberAttributes> members = Map.of();

  MemberDirectory(Bucket bucket) {
    load(bucket);
  }

  /** The attributes by member id; an unmodifiable snapshot. */
  public Map<Long, Command.MemberAttributes> members() {
    return members;
  }

  void load(Bucket from) {
    bucket = from;
    Map<Long, Command.MemberAttributes> loaded = new TreeMap<>();
    from.forEach(
        (key, value) -> {
          Command.MemberAttributes attributes = decode(key, value);
          loaded.put(attributes.memberId(), attributes);
        });
    members = Map.copyOf(loaded);
  }

  void set(Command.MemberAttributes attributes) {
    Map<Long, Command.MemberAttributes> changed = new TreeMap<>(members);
    changed.put(attributes.memberId(), attributes);
    bucket.put(
        ByteBuffer.allocate(Long.BYTES).putLong(attributes.memberId()).array(), encode(attributes));
    members = Map.copyOf(changed);
  }

  private static byte[] encode(Command.MemberAttributes attributes) {
    List<byte[]> texts = new ArrayList<>();
    texts.add(attributes.name().getBytes(StandardCharsets.UTF_8));
    attributes.clientUrls().forEach(url -> texts.add(url.getBytes(StandardCharsets.UTF_8)));
    int length = texts.stream().mapToInt(text -> Integer.BYTES + text.length).sum();
    ByteBuffer record = ByteBuffer.allocate(length);
    texts.forEach(text -> record.putInt(text.length).put(text));
    return record.array();
  }

  private static Command.MemberAttributes decode(byte[] key, byte[] value) {
    try {
      long memberId = ByteBuffer.wrap(key).getLong();
      ByteBuffer record = ByteBuffer.wrap(value);
      List<String> texts = new ArrayList<>();
      do {
        byte[] text = new byte[Math.min(record.getInt(), record.remaining())];
        record.get(text);
        texts.add(new String(text, StandardCharsets.UTF_8));
      } while (record.hasRemaining());
      return new Command.MemberAttributes(memberId, texts.get(0), texts.subList(1, texts.size()));
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new InvariantViolation(
          "member records are well formed", "one of " + value.length + " bytes is not");
    }
  }
}
