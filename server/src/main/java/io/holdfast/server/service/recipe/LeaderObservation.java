package io.holdfast.server.service.recipe;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.EventType;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.Response;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.Optional;

/**
 * One observer of an election: looks who leads, follows that key until it is deleted, and looks
 * again; while nobody leads, waits for the first candidate. Holds no more than the observer can
 * take: the watcher is slowed down as any other, and no look is made before the observer is ready.
 */
final class LeaderObservation implements ElectionService.Observation {
  private final RecipeTools tools;
  private final Admission admission;
  private final Line line;
  private final ElectionService.Observer observer;

  /** Guarded by this, as are those below. */
  private boolean ended;

  /** Whether a look is due as soon as the observer is ready. */
  private boolean lookDue;

  private Optional<WatchStream> watching = Optional.empty();

  LeaderObservation(
      RecipeTools tools, Admission admission, Line line, ElectionService.Observer observer) {
    this.tools = tools;
    this.admission = admission;
    this.line = line;
    this.observer = observer;
  }

  /** Sets out; once. */
  void begin() {
    if (!admission.enter()) {
      synchronized (this) {
        ended = true;
      }
      observer.failed(EtcdError.TOO_MANY_REQUESTS.asException());
      return;
    }
    lookWhenReady();
  }

  @Override
  public void ready() {
    Optional<WatchStream> stream;
    boolean look;
    synchronized (this) {
      stream = watching;
      look = lookDue && !ended;
      lookDue = false;
    }
    if (look) {
      lookWhenReady();
    } else {
      stream.ifPresent(WatchStream::ready);
    }
  }

  @Override
  public void close() {
    end();
  }

  private void lookWhenReady() {
    synchronized (this) {
      lookDue = true;
    }
    if (!observer.isReady()) {
      return;
    }
    synchronized (this) {
      if (!lookDue || ended) {
        return;
      }
      lookDue = false;
    }
    look(0);
  }

  private void look(int attempts) {
    if (hasEnded()) {
      return;
    }
    tools
        .keyValues()
        .range(line.first(), false)
        .whenComplete(
            (response, failure) -> {
              if (failure == null) {
                looked(response);
              } else if (!RecipeTools.mayPass(failure)
                  || !tools.later(attempts, () -> look(attempts + 1))) {
                fail(failure);
              }
            });
  }

  private void looked(Response<RangeResult> response) {
    Optional<KeyValue> leader = response.body().keyValues().stream().findFirst();
    long next = response.header().revision() + 1;
    if (leader.isPresent()) {
      show(new Response<>(response.header(), leader.get()));
      watch(WatchRequest.of(KeyRange.single(leader.get().key()), next), new Follower());
    } else {
      watch(new WatchRequest(0, line.range(), next, false, false, false, true), new Newcomer());
    }
  }

  private void show(Response<KeyValue> leader) {
    if (!hasEnded()) {
      observer.leader(leader);
    }
  }

  private void watch(WatchRequest request, WatchSink sink) {
    WatchStream stream = tools.watch(sink);
    boolean tooLate;
    synchronized (this) {
      tooLate = ended;
      if (!tooLate) {
        watching = Optional.of(stream);
      }
    }
    if (tooLate) {
      stream.close();
    } else {
      stream.create(request);
    }
  }

  /** The watcher has seen enough: it goes, and what is next is done on another thread. */
  private void afterwards(Runnable next) {
    boolean accepted =
        tools.aside(
            () -> {
              stopWatching();
              next.run();
            });
    if (!accepted && !hasEnded()) {
      observer.failed(EtcdError.SERVER_STOPPED.asException());
    }
  }

  private void stopWatching() {
    Optional<WatchStream> stream;
    synchronized (this) {
      stream = watching;
      watching = Optional.empty();
    }
    stream.ifPresent(WatchStream::close);
  }

  private void fail(Throwable failure) {
    if (end()) {
      observer.failed(failure);
    }
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  /**
   * @return whether it was still going on
   */
  private boolean end() {
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
    }
    stopWatching();
    admission.leave();
    return true;
  }

  /** Takes what the watcher sees until it has seen enough. */
  private abstract class Sink implements WatchSink {
    private boolean done;

    @Override
    public boolean isReady() {
      return observer.isReady();
    }

    @Override
    public void deliver(WatchMessage message) {
      if (done || message instanceof WatchMessage.Created) {
        return;
      }
      if (message instanceof WatchMessage.Events events) {
        for (Event event : events.batch().events()) {
          if (!done) {
            done = take(events, event);
          }
        }
      } else if (!(message instanceof WatchMessage.Progress)) {
        // The history that was to be watched is gone: the present will do.
        done = true;
        afterwards(LeaderObservation.this::lookWhenReady);
      }
    }

    /**
     * @return whether the watcher has seen enough
     */
    abstract boolean take(WatchMessage.Events message, Event event);
  }

  /** Shows every value of one leader until its key is deleted. */
  private final class Follower extends Sink {
    @Override
    boolean take(WatchMessage.Events message, Event event) {
      if (event.type() == EventType.DELETE) {
        afterwards(LeaderObservation.this::lookWhenReady);
        return true;
      }
      show(new Response<>(tools.watches().header(message.revision()), event.keyValue()));
      return false;
    }
  }

  /** Waits for the first candidate of an election without any. */
  private final class Newcomer extends Sink {
    @Override
    boolean take(WatchMessage.Events message, Event event) {
      KeyValue leader = event.keyValue();
      show(new Response<>(tools.watches().header(leader.modRevision()), leader));
      WatchRequest rest = WatchRequest.of(KeyRange.single(leader.key()), leader.modRevision() + 1);
      afterwards(() -> watch(rest, new Follower()));
      return true;
    }
  }
}
