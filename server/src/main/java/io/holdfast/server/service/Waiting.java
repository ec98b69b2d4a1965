package io.holdfast.server.service;

import java.util.concurrent.CompletionStage;

/**
 * A request whose answer others delay for as long as they please. Any thread may call.
 *
 * @param <T> the use case's result
 */
public interface Waiting<T> {
  /** Completes when the wait is over; exceptionally as those of {@link KeyValueService} do. */
  CompletionStage<Response<T>> answer();

  /**
   * Nobody waits for the answer any more, or it could not be delivered: undoes what the request has
   * done. Without effect when called again.
   */
  void giveUp();
}
