package io.holdfast.server.service.member;

import io.holdfast.server.backend.Backend;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What an operator asks for when the store's file shall become as short as it can: the everyday
 * tidying, but thorough, without pause, for a few seconds. Requests are served between its steps.
 * What is not done in that time, or is too young to be moved, the everyday tidying does later.
 */
final class Defragmentation {
  /** Less than the usual time-out of command line clients. */
  private static final long NANOS_MAX = TimeUnit.SECONDS.toNanos(4);

  private static final int STEP_BYTES = 1 << 20;
  private static final int THOROUGH_PERCENT = 95;

  private final MemberContext member;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final long startNanos;

  private Defragmentation(MemberContext member) {
    this.member = member;
    this.startNanos = member.nanoTime();
  }

  /** Starts one; the stage completes when it has done what it could. */
  static CompletableFuture<Void> start(MemberContext member) {
    Defragmentation run = new Defragmentation(member);
    member.node().execute(run::step);
    return run.done;
  }

  /** On the loop thread. */
  private void step() {
    Backend backend = member.applier().backend();
    boolean moved = backend.tidy(STEP_BYTES, THOROUGH_PERCENT);
    if (moved) {
      member.applier().commit();
    }
    if (moved && member.nanoTime() - startNanos < NANOS_MAX) {
      member.node().execute(this::step);
      return;
    }
    member.node().makeRecoveryPoint();
    member.config().timings().defragment(member.nanoTime() - startNanos);
    done.complete(null);
  }
}
