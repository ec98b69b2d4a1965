package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.holdfast.server.raft.message.Message;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * One long-lived stream to a peer with the queue before it. Messages wait here, bounded, for the
 * connection's event loop and for room in gRPC's own buffers, and go out with others in one frame.
 * Thread-safe.
 *
 * <p>gRPC may be called on any thread, but each of its calls would wake the event loop anew.
 */
final class Lane {
  /** Bytes of messages that are put into one frame; a larger message gets one of its own. */
  private static final int FRAME_BYTES = 256 << 10;

  private final MethodDescriptor<byte[], byte[]> method;
  private final long queueBytesMax;
  private final Consumer<Status> onEnd;
  private final Runnable onAccepted;
  private final Consumer<Message> onUnsent;
  private final EventLoop eventLoop;
  private final ArrayDeque<Message> queue = new ArrayDeque<>();
  private long queueBytes;
  private ClientCall<byte[], byte[]> call;
  private boolean sending;

  /**
   * @param eventLoop of the channels that the lane is started on
   * @param onEnd told when the stream ended, except after {@link #stop}
   * @param onAccepted told when the peer has accepted the stream
   * @param onUnsent gets what was queued and will certainly never leave this process
   */
  Lane(
      MethodDescriptor<byte[], byte[]> method,
      long queueBytesMax,
      EventLoop eventLoop,
      Consumer<Status> onEnd,
      Runnable onAccepted,
      Consumer<Message> onUnsent) {
    this.method = method;
    this.queueBytesMax = queueBytesMax;
    this.eventLoop = eventLoop;
    this.onEnd = onEnd;
    this.onAccepted = onAccepted;
    this.onUnsent = onUnsent;
  }

  /** Opens the stream on a channel; messages are taken from then on. */
  void start(Channel channel) {
    ClientCall<byte[], byte[]> opened = channel.newCall(method, CallOptions.DEFAULT);
    Events events = new Events(opened);
    opened.start(events, new Metadata());
    opened.request(1);
    Status end;
    synchronized (this) {
      end = events.end;
      if (end == null) {
        call = opened;
      }
    }
    if (end != null) {
      onEnd.accept(end);
    }
  }

  /** Closes the stream and forgets what waits. */
  void stop() {
    ClientCall<byte[], byte[]> closing;
    List<Message> unsent;
    synchronized (this) {
      closing = call;
      call = null;
      unsent = takeAll();
    }
    unsent.forEach(onUnsent);
    if (closing != null) {
      closing.cancel("the connection is given up", null);
    }
  }

  /**
   * Sends or queues a message.
   *
   * @return false when it was dropped: there is no stream, or too much waits
   */
  boolean send(Message message) {
    synchronized (this) {
      if (call == null) {
        return false;
      }
      int size = MessageCodec.sizeOf(message);
      if (queueBytes > 0 && queueBytes + size > queueBytesMax) {
        return false;
      }
      queue.addLast(message);
      queueBytes += size;
      if (sending) {
        return true;
      }
      sending = true;
    }
    return drainOnEventLoop();
  }

  private boolean drainOnEventLoop() {
    if (eventLoop.inEventLoop()) {
      drain();
      return true;
    }
    try {
      eventLoop.execute(this::drain);
      return true;
    } catch (RejectedExecutionException e) {
      // The transport is closed, and with it the lane.
      return false;
    }
  }

  private void drain() {
    while (true) {
      ClientCall<byte[], byte[]> target;
      List<Message> batch;
      synchronized (this) {
        if (call == null || queue.isEmpty() || !call.isReady()) {
          sending = false;
          return;
        }
        target = call;
        batch = takeBatch();
      }
      try {
        target.sendMessage(MessageCodec.encode(batch));
      } catch (IllegalStateException e) {
        // Cancelled by another thread meanwhile: what was on its way is lost, as on the network.
        synchronized (this) {
          if (call == target) {
            throw e;
          }
        }
      }
    }
  }

  private List<Message> takeAll() {
    List<Message> all = List.copyOf(queue);
    queue.clear();
    queueBytes = 0;
    return all;
  }

  private List<Message> takeBatch() {
    List<Message> batch = new ArrayList<>();
    int bytes = 0;
    while (!queue.isEmpty()) {
      int size = MessageCodec.sizeOf(queue.peekFirst());
      if (!batch.isEmpty() && bytes + size > FRAME_BYTES) {
        break;
      }
      batch.add(queue.pollFirst());
      bytes += size;
      queueBytes -= size;
    }
    return batch;
  }

  /** What gRPC tells of the stream. */
  private final class Events extends ClientCall.Listener<byte[]> {
    private final ClientCall<byte[], byte[]> own;

    /** How the stream ended; null while it has not. Guarded by the lane. */
    private Status end;

    Events(ClientCall<byte[], byte[]> own) {
      this.own = own;
    }

    @Override
    public void onReady() {
      synchronized (Lane.this) {
        if (call != own || sending) {
          return;
        }
        sending = true;
      }
      drain();
    }

    @Override
    public void onHeaders(Metadata headers) {
      onAccepted.run();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      List<Message> unsent;
      synchronized (Lane.this) {
        end = status;
        if (call != own) {
          return;
        }
        call = null;
        unsent = takeAll();
      }
      unsent.forEach(onUnsent);
      onEnd.accept(status);
    }
  }
}
