package io.holdfast.server.cli.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What is asked of a target, and how its answers are counted. */
interface Workload {
  /** Brings the target into the state that the load needs, such as keys to read. */
  void prepare(Target target);

  /**
   * Starts the load; the stage completes when every client has its last answer.
   *
   * @param limit when to stop sending
   * @param tally where answers and failures are counted
   */
  CompletionStage<Void> run(Target target, Limit limit, Tally tally);

  /** Several stages as one. */
  static CompletionStage<Void> all(CompletableFuture<?>[] stages) {
    return CompletableFuture.allOf(stages);
  }
}
