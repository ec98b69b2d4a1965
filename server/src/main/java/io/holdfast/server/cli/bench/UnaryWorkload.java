package io.holdfast.server.cli.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Clients that call one unary method in a closed loop.
 *
 * @param preparation brings the target into the needed state
 * @param requestOf makes a request from a random number
 */
record UnaryWorkload<Q, R>(
    MethodDescriptor<Q, R> method,
    int clients,
    Consumer<Target> preparation,
    IntFunction<Q> requestOf)
    implements Workload {
  /** A failed request is not repeated at once, or an absent server would cost a whole processor. */
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 20;

  @Override
  public void prepare(Target target) {
    preparation.accept(target);
  }

  @Override
  public CompletionStage<Void> run(Target target, Limit limit, Tally tally) {
    CompletableFuture<?>[] finished = new CompletableFuture<?>[clients];
    for (int i = 0; i < clients; i++) {
      Client client = new Client(target, target.channel(i), limit, tally);
      finished[i] = client.finished;
      client.next();
    }
    return Workload.all(finished);
  }

  private final class Client extends ClientCall.Listener<R> {
    private final Target target;
    private final Channel channel;
    private final Limit limit;
    private final Tally tally;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private long startNanos;

    Client(Target target, Channel channel, Limit limit, Tally tally) {
      this.target = target;
      this.channel = channel;
      this.limit = limit;
      this.tally = tally;
    }

    void next() {
      if (!limit.take()) {
        finished.complete(null);
        return;
      }
      Q request = requestOf.apply(ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
      startNanos = System.nanoTime();
      ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.request(2);
      call.sendMessage(request);
      call.halfClose();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        tally.answered(startNanos, 1);
        next();
      } else {
        tally.failed(status);
        target.eventLoops().schedule(this::next, PAUSE_AFTER_FAILURE_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }
}
