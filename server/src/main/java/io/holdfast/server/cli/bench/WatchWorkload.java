package io.holdfast.server.cli.bench;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Fan-out: writers put keys as fast as they can, and watchers on several streams see it. With one
 * key every event goes to every watcher; with a key for each watcher, every event goes to one.
 *
 * <p>Every value begins with the time of its put, so an event's latency is known where it arrives.
 * A window counts the events that arrive in it.
 */
final class WatchWorkload implements Workload {
  private static final long CREATED_DUE_SECONDS = 60;

  private final ByteString[] keys;
  private final int watchers;
  private final int streams;
  private final int writers;
  private final int valueBytes;

  /**
   * @param keys watched in turn, and put at random
   */
  WatchWorkload(ByteString[] keys, int watchers, int streams, int writers, int valueBytes) {
    this.keys = keys;
    this.watchers = watchers;
    this.streams = streams;
    this.writers = writers;
    this.valueBytes = Math.max(Long.BYTES, valueBytes);
  }

  @Override
  public void prepare(Target target) {
    // Watchers are opened with each window, so that two targets never hold them at once.
  }

  @Override
  public CompletionStage<Void> run(Target target, Limit limit, Tally tally) {
    CountDownLatch created = new CountDownLatch(watchers);
    List<Stream> open = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      Stream stream = new Stream(created, tally);
      ClientCalls.asyncBidiStreamingCall(
          target.channel(i).newCall(WatchNews.method(), CallOptions.DEFAULT), stream);
      open.add(stream);
    }
    for (int i = 0; i < watchers; i++) {
      open.get(i % streams).create(keys[i % keys.length]);
    }
    awaitCreated(created);
    open.forEach(Stream::check);
    UnaryWorkload<PutRequest, ?> puts =
        new UnaryWorkload<>(
            KVGrpc.getPutMethod(),
            writers,
            ignored -> {},
            random ->
                PutRequest.newBuilder()
                    .setKey(keys[random % keys.length])
                    .setValue(stampedValue())
                    .build());
    return puts.run(target, limit, new Tally()).thenCompose(ignored -> closeAll(open));
  }

  private static CompletionStage<Void> closeAll(List<Stream> open) {
    open.forEach(Stream::close);
    return CompletableFuture.completedFuture(null);
  }

  private void awaitCreated(CountDownLatch created) {
    try {
      if (!created.await(CREATED_DUE_SECONDS, TimeUnit.SECONDS)) {
        throw new BenchFailure(
            created.getCount()
                + " of "
                + watchers
                + " watchers were not created within "
                + CREATED_DUE_SECONDS
                + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchFailure("interrupted");
    }
  }

  private ByteString stampedValue() {
    ByteBuffer buffer = ByteBuffer.allocate(valueBytes);
    buffer.putLong(0, System.nanoTime());
    return ByteString.copyFrom(buffer);
  }

  private final class Stream implements ClientResponseObserver<WatchRequest, WatchNews> {
    private final CountDownLatch created;
    private final Tally tally;
    private ClientCallStreamObserver<WatchRequest> requests;
    private volatile boolean closed;
    private volatile Throwable failure;

    Stream(CountDownLatch created, Tally tally) {
      this.created = created;
      this.tally = tally;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> requests) {
      this.requests = requests;
    }

    void create(ByteString key) {
      requests.onNext(
          WatchRequest.newBuilder()
              .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key))
              .build());
    }

    void check() {
      if (failure != null) {
        throw new BenchFailure("a watch stream ended: " + failure.getMessage());
      }
    }

    void close() {
      closed = true;
      requests.cancel("the window is over", null);
    }

    @Override
    public void onNext(WatchNews news) {
      if (news.created()) {
        created.countDown();
      }
      if (news.events() > 0) {
        tally.answered(news.newestStamp(), news.events());
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (!closed) {
        this.failure = failure;
        // Whoever waits for the creations need not wait any longer.
        while (created.getCount() > 0) {
          created.countDown();
        }
        tally.failed(io.grpc.Status.fromThrowable(failure));
      }
    }

    @Override
    public void onCompleted() {}
  }
}
