package io.holdfast.server.grpc;

import com.google.protobuf.CodedOutputStream;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.watch.WatchBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes events, each at most about once: an event without its previous pair keeps its encoded
 * form, unless it is large, and so does a batch that several watchers get alike.
 */
final class EventEncoder {
  private static final int LENGTH_DELIMITED = 2;
  private static final int TAG = WatchResponse.EVENTS_FIELD_NUMBER << 3 | LENGTH_DELIMITED;

  private EventEncoder() {}

  /** All events of the batch, ready to be appended to a response. */
  static byte[] encode(WatchBatch batch, boolean withPrevious) {
    Object kept = batch.encoded(withPrevious).orElse(null);
    if (kept instanceof byte[] encoded) {
      return encoded;
    }
    byte[] encoded = join(encodeEach(batch.events(), withPrevious));
    batch.keepEncoded(withPrevious, encoded, encoded.length);
    return encoded;
  }

  /**
   * The batch in several parts of at most about a size; an event that is larger than that gets a
   * part of its own.
   */
  static List<byte[]> encodeInParts(WatchBatch batch, boolean withPrevious, int partBytesMax) {
    List<byte[]> parts = new ArrayList<>();
    List<byte[]> part = new ArrayList<>();
    int partBytes = 0;
    for (byte[] event : encodeEach(batch.events(), withPrevious)) {
      int bytes = sizeInResponse(event);
      if (!part.isEmpty() && partBytes + bytes > partBytesMax) {
        parts.add(join(part));
        part.clear();
        partBytes = 0;
      }
      part.add(event);
      partBytes += bytes;
    }
    parts.add(join(part));
    return parts;
  }

  private static List<byte[]> encodeEach(List<Event> events, boolean withPrevious) {
    List<byte[]> encoded = new ArrayList<>(events.size());
    for (Event event : events) {
      encoded.add(encode(event, withPrevious));
    }
    return encoded;
  }

  private static byte[] encode(Event event, boolean withPrevious) {
    if (withPrevious && !event.isCreate()) {
      return Responses.event(event, true).toByteArray();
    }
    Object kept = event.encodedForm().orElse(null);
    if (kept instanceof byte[] encoded) {
      return encoded;
    }
    byte[] encoded = Responses.event(event, false).toByteArray();
    if (encoded.length <= WatchMemory.SMALL_BYTES) {
      event.encodedForm(encoded);
    }
    return encoded;
  }

  private static int sizeInResponse(byte[] event) {
    return CodedOutputStream.computeUInt32SizeNoTag(TAG)
        + CodedOutputStream.computeUInt32SizeNoTag(event.length)
        + event.length;
  }

  private static byte[] join(List<byte[]> events) {
    int size = 0;
    for (byte[] event : events) {
      size += sizeInResponse(event);
    }
    byte[] joined = new byte[size];
    int at = 0;
    for (byte[] event : events) {
      at = putVarint(joined, at, TAG);
      at = putVarint(joined, at, event.length);
      System.arraycopy(event, 0, joined, at, event.length);
      at += event.length;
    }
    return joined;
  }

  private static int putVarint(byte[] target, int at, int value) {
    int position = at;
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      target[position++] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    target[position++] = (byte) rest;
    return position;
  }
}
