package io.holdfast.server.simulation;

import io.holdfast.server.service.Response;
import io.holdfast.server.service.member.Member;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Asks any member for something, and gives up an answer after a while. */
final class Caller {
  private static final long PATIENCE_NANOS = 12 * Timeline.SECOND;

  private final Cluster cluster;
  private final SplittableRandom random;

  Caller(Cluster cluster, SplittableRandom random) {
    this.cluster = cluster;
    this.random = random;
  }

  /**
   * Sends a request to any machine.
   *
   * @param then hears the answer, or why there is none
   */
  <T extends Response<?>> void call(
      Function<Member, CompletionStage<T>> request, BiConsumer<T, Throwable> then) {
    Once<T> once = new Once<>(then);
    cluster.timeline().after(PATIENCE_NANOS, () -> once.hear(null, new NoAnswer()));
    Optional<Process> process = cluster.anyMachine(random).process();
    cluster
        .timeline()
        .after(
            cluster.network().delay(),
            () -> process.ifPresent(at -> at.run(() -> send(at, request, once))));
  }

  private <T extends Response<?>> void send(
      Process process, Function<Member, CompletionStage<T>> request, Once<T> once) {
    process
        .member()
        .ifPresent(
            member ->
                request
                    .apply(member)
                    .whenComplete(
                        (response, failure) -> {
                          Throwable cause =
                              failure instanceof CompletionException ? failure.getCause() : failure;
                          if (process.isAlive()) {
                            cluster
                                .timeline()
                                .after(cluster.network().delay(), () -> once.hear(response, cause));
                          }
                        }));
  }

  private static final class NoAnswer extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Hears one answer, or that there will be none. */
  private static final class Once<T> {
    private final BiConsumer<T, Throwable> then;
    private boolean over;

    Once(BiConsumer<T, Throwable> then) {
      this.then = then;
    }

    void hear(T response, Throwable failure) {
      if (!over) {
        over = true;
        then.accept(response, failure);
      }
    }
  }
}
