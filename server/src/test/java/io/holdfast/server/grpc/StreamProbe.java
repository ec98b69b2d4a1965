package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client's end of a stream, for tests: waits for messages and for the end. */
final class StreamProbe<Q, R> implements ClientResponseObserver<Q, R> {
  private static final long PATIENCE_SECONDS = 60;

  private final boolean manual;
  private final BlockingQueue<R> messages = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile Status end;
  private volatile ClientCallStreamObserver<Q> call;

  /** Reads as fast as it can. */
  StreamProbe() {
    this(false);
  }

  /**
   * @param manual whether messages are read only when {@link #read} is called
   */
  StreamProbe(boolean manual) {
    this.manual = manual;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> stream) {
    call = stream;
    if (manual) {
      stream.disableAutoRequestWithInitial(0);
    }
  }

  @Override
  public void onNext(R message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable failure) {
    end = Status.fromThrowable(failure);
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    end = Status.OK;
    ended.countDown();
  }

  void send(Q request) {
    call.onNext(request);
  }

  void read(int count) {
    call.request(count);
  }

  void halfClose() {
    call.onCompleted();
  }

  void cancel() {
    call.cancel("the test is done", null);
  }

  R next() throws InterruptedException {
    R message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      fail("no message came; the stream's end: " + end);
    }
    return message;
  }

  int waiting() {
    return messages.size();
  }

  Status end() throws InterruptedException {
    assertEquals(true, ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "the stream did not end");
    assertNotNull(end);
    return end;
  }
}
