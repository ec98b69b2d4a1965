package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchProgressRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;

/**
 * One watcher of the Watch service inside the process, on the event loop of a request. The next
 * message comes only when it is asked for, so a client that reads slowly holds events back in the
 * store's history, not in memory.
 */
final class WatchFeed extends ClientCall.Listener<WatchResponse> {
  /** What is told of the watcher, in order. */
  interface Reader {
    void onMessage(WatchResponse message);

    void onEnd(Status status);
  }

  private final ClientCall<WatchRequest, WatchResponse> call;
  private final Reader reader;
  private boolean closed;

  private WatchFeed(ClientCall<WatchRequest, WatchResponse> call, Reader reader) {
    this.call = call;
    this.reader = reader;
  }

  /**
   * @param rangeEnd as etcd writes ranges; empty for the one key
   * @param startRevision the first revision of interest; 0 for what happens from now on
   */
  static WatchFeed open(
      Exchange exchange,
      ByteString key,
      ByteString rangeEnd,
      long startRevision,
      boolean previousWanted,
      Reader reader) {
    WatchFeed feed = new WatchFeed(exchange.newCall(WatchGrpc.getWatchMethod()), reader);
    feed.call.start(feed, new Metadata());
    feed.call.request(1);
    feed.call.sendMessage(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder()
                    .setKey(key)
                    .setRangeEnd(rangeEnd)
                    .setStartRevision(startRevision)
                    .setPrevKv(previousWanted))
            .build());
    return feed;
  }

  /** The last message has been dealt with. */
  void next() {
    if (!closed) {
      call.request(1);
    }
  }

  /** Asks where the watcher stands; answered only if it is up to date. */
  void askProgress() {
    if (!closed) {
      call.sendMessage(
          WatchRequest.newBuilder()
              .setProgressRequest(WatchProgressRequest.getDefaultInstance())
              .build());
    }
  }

  void close() {
    if (!closed) {
      closed = true;
      call.cancel("the reader has gone", null);
    }
  }

  @Override
  public void onMessage(WatchResponse message) {
    if (!closed) {
      reader.onMessage(message);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      reader.onEnd(status);
    }
  }
}
