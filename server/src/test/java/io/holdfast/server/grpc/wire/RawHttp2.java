package io.holdfast.server.grpc.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A connection that says HTTP/2 frame by frame, also what no client library would say. One thread.
 */
public final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  /** Each header block can be read by itself, so that frames may be skipped. */
  private static final byte[] NO_HEADER_TABLE = {0, 1, 0, 0, 0, 0};

  private static final int ACK = 1;
  private static final int CANCEL = 8;
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private boolean over;
  private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder(false);

  /** A frame as it came. */
  public record Frame(int type, int flags, int stream, byte[] payload) {}

  /**
   * How a stream ended.
   *
   * @param headers of the beginning and of the end
   * @param reset the error of the frame that broke the stream off, if one did
   */
  public record Answer(Map<String, String> headers, byte[] data, Optional<Integer> reset) {
    int grpcStatus() {
      return Integer.parseInt(headers.getOrDefault("grpc-status", "-1"));
    }

    String grpcMessage() {
      return headers.getOrDefault("grpc-message", "");
    }
  }

  /** Connects and says hello. */
  public RawHttp2(InetSocketAddress address) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(address);
    socket.setSoTimeout(PATIENCE_MILLIS);
    in = new DataInputStream(socket.getInputStream());
    write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, NO_HEADER_TABLE);
  }

  /** Opens a stream with what a gRPC call needs, and more headers in the form name, value, ... */
  public void open(int stream, String path, byte[]... more) throws IOException {
    open(stream, path, "application/grpc", more);
  }

  /** The same with any content type. */
  public void open(int stream, String path, String contentType, byte[]... more) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    field(block, ascii(":method"), ascii("POST"));
    field(block, ascii(":scheme"), ascii("http"));
    field(block, ascii(":authority"), ascii("a"));
    field(block, ascii(":path"), ascii(path));
    field(block, ascii("content-type"), ascii(contentType));
    field(block, ascii("te"), ascii("trailers"));
    for (int i = 0; i < more.length; i += 2) {
      field(block, more[i], more[i + 1]);
    }
    frame(HEADERS, END_HEADERS, stream, block.toByteArray());
  }

  /** A field that is sent as it is: HPACK's literal without indexing. */
  private static void field(ByteArrayOutputStream block, byte[] name, byte[] value)
      throws IOException {
    block.write(0);
    block.write(name.length);
    block.write(name);
    block.write(value.length);
    block.write(value);
  }

  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Sends a message, and the end of the request if it was the last. */
  public void message(int stream, byte[] message, boolean last) throws IOException {
    byte[] framed =
        ByteBuffer.allocate(5 + message.length)
            .put((byte) 0)
            .putInt(message.length)
            .put(message)
            .array();
    frame(DATA, last ? END_STREAM : 0, stream, framed);
  }

  public void cancel(int stream) throws IOException {
    frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(CANCEL).array());
  }

  public void ping() throws IOException {
    frame(PING, 0, 0, new byte[8]);
  }

  public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    write(
        ByteBuffer.allocate(9 + payload.length)
            .put((byte) (payload.length >> 16))
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .put(payload)
            .array());
  }

  /** Once the server has ended the connection, nothing goes; what it said before can be read. */
  private void write(byte[] bytes) throws IOException {
    if (over) {
      return;
    }
    try {
      socket.getOutputStream().write(bytes);
    } catch (SocketException ended) {
      over = true;
    }
  }

  /** The next frame; empty when the connection has ended. Settings are acknowledged by the way. */
  public Optional<Frame> next() throws IOException {
    byte[] head = new byte[9];
    try {
      if (in.readNBytes(head, 0, 9) < 9) {
        return Optional.empty();
      }
    } catch (SocketException reset) {
      return Optional.empty();
    }
    int length = (head[0] & 0xFF) << 16 | (head[1] & 0xFF) << 8 | head[2] & 0xFF;
    Frame frame =
        new Frame(head[3], head[4], ByteBuffer.wrap(head).getInt(5), in.readNBytes(length));
    if (frame.type() == SETTINGS && (frame.flags() & ACK) == 0) {
      frame(SETTINGS, ACK, 0, new byte[0]);
    }
    return Optional.of(frame);
  }

  /** The next frame of a type; what comes before it is skipped. */
  public Frame next(int type) throws IOException {
    Optional<Frame> frame = next();
    while (frame.isPresent() && frame.get().type() != type) {
      frame = next();
    }
    return frame.orElseThrow(() -> new IOException("the connection ended before a frame " + type));
  }

  /** Waits for the end of a stream; frames of others are skipped. */
  public Answer answer(int stream) throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    while (true) {
      Frame frame = next().orElseThrow(() -> new IOException("the connection ended"));
      if (frame.type() == HEADERS) {
        Http2Headers decoded = decode(frame);
        if (frame.stream() == stream) {
          decoded.forEach(
              field -> found.put(field.getKey().toString(), field.getValue().toString()));
        }
      }
      if (frame.stream() != stream) {
        continue;
      }
      if (frame.type() == DATA) {
        data.write(frame.payload());
      } else if (frame.type() == RST_STREAM) {
        int error = ByteBuffer.wrap(frame.payload()).getInt();
        return new Answer(found, data.toByteArray(), Optional.of(error));
      }
      if ((frame.flags() & END_STREAM) != 0 && (frame.type() == DATA || frame.type() == HEADERS)) {
        return new Answer(found, data.toByteArray(), Optional.empty());
      }
    }
  }

  private Http2Headers decode(Frame frame) throws IOException {
    ByteBuf block = Unpooled.wrappedBuffer(frame.payload());
    try {
      return headers.decodeHeaders(frame.stream(), block);
    } catch (Http2Exception malformed) {
      throw new IOException(malformed);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
