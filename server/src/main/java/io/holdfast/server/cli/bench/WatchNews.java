package io.holdfast.server.cli.bench;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.api.mvccpb.KeyValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * What the load generator wants to know of a watch response. Reading just this is many times
 * cheaper than building all objects of the message, and whatever the generator spends is missing on
 * the machine for the store under test.
 *
 * @param created whether it answers the creation of a watcher
 * @param events how many events it brings
 * @param newestStamp the first eight bytes of the newest event's value; 0 when there are none
 */
record WatchNews(boolean created, int events, long newestStamp) {
  /** The Watch call with responses of this kind. */
  static MethodDescriptor<WatchRequest, WatchNews> method() {
    MethodDescriptor<WatchRequest, WatchResponse> full = WatchGrpc.getWatchMethod();
    return full.toBuilder(full.getRequestMarshaller(), new NewsMarshaller()).build();
  }

  static WatchNews parse(byte[] response) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(response);
    boolean created = false;
    int events = 0;
    int newest = -1;
    int tag;
    while ((tag = in.readTag()) != 0) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case WatchResponse.CREATED_FIELD_NUMBER -> created = in.readBool();
        case WatchResponse.EVENTS_FIELD_NUMBER -> {
          events++;
          newest = in.getTotalBytesRead();
          in.skipField(tag);
        }
        default -> in.skipField(tag);
      }
    }
    return new WatchNews(created, events, events == 0 ? 0 : stampOf(response, newest));
  }

  private static long stampOf(byte[] response, int event) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(response, event, response.length - event);
    in.pushLimit(in.readRawVarint32());
    enter(in, Event.KV_FIELD_NUMBER);
    enter(in, KeyValue.VALUE_FIELD_NUMBER);
    return ByteBuffer.wrap(in.readRawBytes(Long.BYTES)).getLong();
  }

  /** Goes to the content of a field, which must be there. */
  private static void enter(CodedInputStream in, int field) throws IOException {
    int tag;
    while ((tag = in.readTag()) != 0) {
      if (WireFormat.getTagFieldNumber(tag) == field) {
        in.pushLimit(in.readRawVarint32());
        return;
      }
      in.skipField(tag);
    }
    throw new IOException("an event without a stamped value");
  }

  private static final class NewsMarshaller implements MethodDescriptor.Marshaller<WatchNews> {
    @Override
    public InputStream stream(WatchNews news) {
      throw new UnsupportedOperationException("watch responses are only read here");
    }

    @Override
    public WatchNews parse(InputStream stream) {
      try {
        return WatchNews.parse(stream.readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
