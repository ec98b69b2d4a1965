package io.holdfast.compatibility;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * One stream of watches to one store, and all that came back on it: the answers to requests apart
 * from what each watcher reports by itself. Thread-safe.
 */
final class WatchLane {
  private final ClientCall<WatchRequest, WatchResponse> call;
  private final LongSupplier compacted;
  private final Deque<WatchCreateRequest> creations = new ArrayDeque<>();
  private final Deque<WatchResponse> answers = new ArrayDeque<>();
  private final List<Watcher> watchers = new ArrayList<>();
  private final Map<Long, Watcher> live = new HashMap<>();
  private Status ended;

  /** Requests for progress that had no answer in time: one may still come, and answers no other. */
  private int unansweredProgress;

  /** Whether an answer about progress cannot be meant for the last request. */
  private boolean answersLate;

  /**
   * @param compacted the store's compact revision
   */
  WatchLane(Channel channel, LongSupplier compacted) {
    this.compacted = compacted;
    call = channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(WatchResponse response) {
            take(response);
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end(status);
          }
        },
        new Metadata());
    call.request(1);
  }

  synchronized void send(WatchRequest request) {
    answersLate = !request.hasProgressRequest();
    if (answersLate && unansweredProgress > 0) {
      answers.removeIf(WatchLane::isProgressOfStream);
    }
    if (request.hasCreateRequest()) {
      creations.add(request.getCreateRequest());
    }
    call.sendMessage(request);
  }

  void hangUp() {
    call.cancel("the script says so", null);
  }

  private synchronized void take(WatchResponse response) {
    notifyAll();
    if (response.getCreated()) {
      WatchCreateRequest request = creations.poll();
      if (!response.getCanceled() && request != null) {
        Watcher watcher = new Watcher(request, response, compacted.getAsLong());
        watchers.add(watcher);
        live.put(response.getWatchId(), watcher);
      }
      answers.add(response);
      return;
    }
    Watcher watcher = live.get(response.getWatchId());
    boolean reports = response.getEventsCount() > 0 || response.getCompactRevision() != 0;
    if (watcher != null && reports) {
      watcher.take(response);
    } else if (isProgressOfStream(response) && answersLate && unansweredProgress > 0) {
      unansweredProgress--;
    } else {
      answers.add(response);
    }
    if (response.getCanceled() && live.remove(response.getWatchId()) != null) {
      watcher.closed = true;
    }
  }

  private static boolean isProgressOfStream(WatchResponse response) {
    return response.getWatchId() == -1 && !response.getCanceled() && response.getEventsCount() == 0;
  }

  /** The last request for progress was not answered in time. */
  synchronized void progressUnanswered() {
    unansweredProgress++;
  }

  private synchronized void end(Status status) {
    ended = status;
    notifyAll();
  }

  synchronized boolean isLive(long watchId) {
    return live.containsKey(watchId);
  }

  synchronized boolean hasLiveWatchers() {
    return !live.isEmpty();
  }

  /** How the stream ended by the store's doing; empty while it is open. */
  synchronized Optional<Status> ended() {
    return Optional.ofNullable(ended);
  }

  synchronized List<Watcher> watchers() {
    return List.copyOf(watchers);
  }

  synchronized Optional<WatchResponse> pollAnswer() {
    return Optional.ofNullable(answers.poll());
  }

  /** Waits for the next answer to a request; empty when none comes in time. */
  synchronized Optional<WatchResponse> awaitAnswer(long timeoutMillis) {
    await(() -> !answers.isEmpty() || ended != null, timeoutMillis);
    return pollAnswer();
  }

  /** Waits until the condition, which this stream's messages change, is true, or time is up. */
  synchronized boolean await(BooleanSupplier condition, long timeoutMillis) {
    long end = System.nanoTime() + timeoutMillis * 1_000_000;
    while (!condition.getAsBoolean()) {
      long leftMillis = (end - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        return false;
      }
      try {
        wait(leftMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
    return true;
  }

  /** One watcher and what it has reported; changed under its lane's lock only. */
  static final class Watcher {
    private final WatchCreateRequest request;
    private final long firstRevision;
    private final long createdAtRevision;
    private final long compactedRevision;
    private final long createdNanos = System.nanoTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private volatile WatchResponse canceled;
    private boolean inParts;
    private volatile boolean closed;

    Watcher(WatchCreateRequest request, WatchResponse created, long compactedRevision) {
      this.request = request;
      this.compactedRevision = compactedRevision;
      this.createdAtRevision = created.getHeader().getRevision();
      this.firstRevision =
          request.getStartRevision() > 0 ? request.getStartRevision() : createdAtRevision + 1;
    }

    WatchCreateRequest request() {
      return request;
    }

    long firstRevision() {
      return firstRevision;
    }

    /** Whether it asked for what had happened already, which stores look up in their own time. */
    boolean looksBack() {
      return firstRevision <= createdAtRevision;
    }

    /** Whether it asked for history that was gone already: it has to be ended. */
    boolean isDoomed() {
      return looksBack() && firstRevision < compactedRevision;
    }

    /** Whether it asked for all the history that was left. */
    boolean beginsAtCompaction() {
      return looksBack() && firstRevision == compactedRevision;
    }

    long ageMillis() {
      return (System.nanoTime() - createdNanos) / 1_000_000;
    }

    /** Whether it will report nothing more, by whosever doing. */
    boolean isClosed() {
      return closed;
    }

    List<Event> events() {
      return events;
    }

    /** The message with which the store ended it by itself. */
    Optional<WatchResponse> canceled() {
      return Optional.ofNullable(canceled);
    }

    /** Promises of the protocol that the store broke. */
    List<String> faults() {
      return faults;
    }

    private void take(WatchResponse response) {
      if (response.getCompactRevision() != 0) {
        canceled = response;
        return;
      }
      long last = events.isEmpty() ? 0 : lastRevision();
      long first = response.getEvents(0).getKv().getModRevision();
      if (first == last && !inParts) {
        faults.add("revision " + first + " came in two messages");
      }
      if (response.getFragment() && !request.getFragment()) {
        faults.add("a message in parts that nobody asked for");
      }
      if (first < last) {
        faults.add("revision " + first + " came after " + last);
      }
      events.addAll(response.getEventsList());
      if (response.getHeader().getRevision() < lastRevision()) {
        faults.add("a header's revision lies before its events");
      }
      inParts = response.getFragment();
    }

    private long lastRevision() {
      return events.get(events.size() - 1).getKv().getModRevision();
    }
  }
}
