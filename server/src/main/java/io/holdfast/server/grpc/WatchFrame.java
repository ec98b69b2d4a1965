package io.holdfast.server.grpc;

import com.google.protobuf.CodedInputStream;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.holdfast.api.etcdserverpb.WatchResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;

/**
 * A watch response in its wire form, in two parts: what differs from watcher to watcher, and the
 * events, which many watchers share. Protobuf lets fields be appended to one another, so the two
 * parts together are the message.
 *
 * @param head the encoded response without events
 * @param events the encoded events, tags included; shared, never changed
 */
record WatchFrame(byte[] head, byte[] events) {
  static final byte[] NO_EVENTS = {};

  static WatchFrame of(WatchResponse response) {
    return new WatchFrame(response.toByteArray(), NO_EVENTS);
  }

  /** The response as the client sees it. */
  WatchResponse decode() throws IOException {
    WatchResponse.Builder response = WatchResponse.newBuilder();
    response.mergeFrom(CodedInputStream.newInstance(head));
    response.mergeFrom(CodedInputStream.newInstance(events));
    return response.build();
  }

  /** Writes frames as they are. */
  static final class FrameMarshaller implements Marshaller<WatchFrame> {
    @Override
    public InputStream stream(WatchFrame frame) {
      return new FrameStream(frame);
    }

    @Override
    public WatchFrame parse(InputStream stream) {
      try {
        return new WatchFrame(stream.readAllBytes(), NO_EVENTS);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** Drained by the network in one go; read piecemeal by calls inside the process. */
  private static final class FrameStream extends InputStream implements Drainable, KnownLength {
    private final WatchFrame frame;
    private InputStream reader;
    private int left;

    FrameStream(WatchFrame frame) {
      this.frame = frame;
      this.left = frame.head.length + frame.events.length;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      if (reader != null) {
        int count = left;
        reader.transferTo(target);
        left = 0;
        return count;
      }
      target.write(frame.head);
      target.write(frame.events);
      int count = left;
      left = 0;
      return count;
    }

    @Override
    public int available() {
      return left;
    }

    @Override
    public int read() throws IOException {
      int b = reader().read();
      if (b >= 0) {
        left--;
      }
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = reader().read(target, offset, length);
      if (count > 0) {
        left -= count;
      }
      return count;
    }

    private InputStream reader() {
      if (reader == null) {
        reader =
            new SequenceInputStream(
                new ByteArrayInputStream(frame.head), new ByteArrayInputStream(frame.events));
      }
      return reader;
    }
  }
}
