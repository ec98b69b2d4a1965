package io.holdfast.server.service.recipe;

import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.ResponseHeader;
import io.holdfast.server.service.Waiting;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One request to be first in a {@link Line}: enters it, waits until all who came before are gone,
 * and answers.
 *
 * <p>The success is told only when the entry itself, or a linearizable read after the wait, has
 * found the own key there and nobody before it. While waiting, the own key is watched as well as
 * the one right before it: whose lease ends is told so at once, and a candidate that leaves in the
 * middle of the line wakes the one behind it only. A lost leader or a slow cluster makes the wait
 * longer, but does not end it.
 *
 * <p>Whoever gives up leaves the line: the key is deleted, or, where the lease was granted for this
 * request, the lease is revoked. Left alone are a key that another request of the same lease has
 * made, because that one may have been told its success, and an entry whose outcome is unknown.
 * These end with their lease.
 *
 * @param <T> what the success is told as
 */
final class Candidature<T> implements Waiting<T> {
  private static final System.Logger LOGGER = System.getLogger(Candidature.class.getName());
  private static final long GRANTED_SECONDS = 60;
  private static final int LEAVE_ATTEMPTS = 10;

  private final RecipeTools tools;
  private final Admission admission;
  private final Line line;
  private final Terms<T> terms;
  private final CompletableFuture<Response<T>> answer = new CompletableFuture<>();

  /** Guarded by this, as are those below. */
  private boolean ended;

  private boolean left;
  private boolean leaseIsOwn;
  private long leaseId;

  /** The place, if it is this request that has made it. */
  private Optional<Place> made = Optional.empty();

  private Optional<WatchStream> watching = Optional.empty();

  /**
   * How locks and elections differ.
   *
   * @param value of the candidate's key
   * @param announces whether a key found there takes the value
   * @param answersWithEntry whether the answer's header is that of the entry into the line, not
   *     that of the last look
   * @param lost the error when the own key is gone
   * @param result makes the answer of the place that is now the first
   */
  record Terms<T>(
      byte[] value,
      boolean announces,
      boolean answersWithEntry,
      EtcdError lost,
      Function<Place, T> result) {}

  Candidature(RecipeTools tools, Admission admission, Line line, Terms<T> terms) {
    this.tools = tools;
    this.admission = admission;
    this.line = line;
    this.terms = terms;
  }

  /**
   * Sets out; once.
   *
   * @param givenLeaseId 0 to have a lease granted
   */
  void begin(long givenLeaseId) {
    if (!admission.enter()) {
      answer.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.asException());
      synchronized (this) {
        ended = true;
      }
      return;
    }
    if (givenLeaseId != 0) {
      enter(givenLeaseId);
      return;
    }
    tools
        .leases()
        .grant(0, GRANTED_SECONDS)
        .whenComplete(
            (granted, failure) -> {
              if (failure != null) {
                fail(failure);
                return;
              }
              synchronized (this) {
                leaseIsOwn = true;
              }
              enter(granted.body().leaseId());
            });
  }

  @Override
  public CompletionStage<Response<T>> answer() {
    return answer;
  }

  @Override
  public void giveUp() {
    if (end()) {
      answer.completeExceptionally(EtcdError.REQUEST_CANCELED.asException());
    }
    leave();
  }

  private void enter(long id) {
    synchronized (this) {
      leaseId = id;
    }
    if (hasEnded()) {
      leave();
      return;
    }
    tools
        .keyValues()
        .txn(line.enter(id, terms.value()))
        .whenComplete(
            (response, failure) -> {
              if (failure == null) {
                entered(response);
              } else {
                fail(failure);
              }
            });
  }

  private void entered(Response<CommandResult.Txn> response) {
    CommandResult.Txn result = response.body();
    Optional<KeyValue> found = result.succeeded() ? Optional.empty() : Line.found(result, 0);
    Place own =
        new Place(
            line.keyOf(leaseId),
            found.map(KeyValue::createRevision).orElse(result.revision()),
            leaseId);
    if (found.isEmpty()) {
      synchronized (this) {
        made = Optional.of(own);
      }
    }
    if (hasEnded()) {
      leave();
      return;
    }
    boolean differs = found.isPresent() && !Arrays.equals(found.get().value(), terms.value());
    if (terms.announces() && differs) {
      announce(own, response.header());
    } else if (isFirst(own, result)) {
      win(own, response.header());
    } else {
      look(own, response.header(), 0);
    }
  }

  private static boolean isFirst(Place own, CommandResult.Txn entry) {
    return Line.found(entry, 1)
        .map(first -> first.createRevision() == own.createRevision())
        .orElse(true);
  }

  /** A candidate that comes again brings its new value. */
  private void announce(Place own, ResponseHeader entry) {
    tools
        .keyValues()
        .txn(Line.announce(own, terms.value()))
        .whenComplete(
            (response, failure) -> {
              if (failure != null) {
                fail(failure);
              } else if (!response.body().succeeded()) {
                fail(EtcdError.ELECTION_NOT_LEADER.asException());
              } else {
                look(own, entry, 0);
              }
            });
  }

  private void look(Place own, ResponseHeader entry, int attempts) {
    if (hasEnded()) {
      return;
    }
    tools
        .keyValues()
        .txn(line.look(own))
        .whenComplete(
            (response, failure) -> {
              if (failure == null) {
                looked(own, entry, response);
              } else if (!RecipeTools.mayPass(failure)
                  || !tools.later(attempts, () -> look(own, entry, attempts + 1))) {
                fail(failure);
              }
            });
  }

  private void looked(Place own, ResponseHeader entry, Response<CommandResult.Txn> response) {
    boolean held =
        Line.found(response.body(), 0)
            .filter(found -> found.createRevision() == own.createRevision())
            .isPresent();
    Optional<KeyValue> before = Line.found(response.body(), 1);
    if (!held) {
      fail(terms.lost().asException());
    } else if (before.isEmpty()) {
      win(own, terms.answersWithEntry() ? entry : response.header());
    } else {
      await(own, entry, before.get().key(), response.header().revision() + 1);
    }
  }

  /** Looks again when one of the two keys is deleted. */
  private void await(Place own, ResponseHeader entry, byte[] before, long fromRevision) {
    WatchStream stream = tools.watch(new Wake(() -> woken(own, entry)));
    boolean tooLate;
    synchronized (this) {
      tooLate = ended;
      if (!tooLate) {
        watching = Optional.of(stream);
      }
    }
    if (tooLate) {
      stream.close();
      return;
    }
    stream.create(deletesOf(before, fromRevision));
    stream.create(deletesOf(own.key(), fromRevision));
  }

  private static WatchRequest deletesOf(byte[] key, long fromRevision) {
    return new WatchRequest(0, KeyRange.single(key), fromRevision, false, false, true, false);
  }

  private void woken(Place own, ResponseHeader entry) {
    stopWatching();
    look(own, entry, 0);
  }

  private void stopWatching() {
    Optional<WatchStream> stream;
    synchronized (this) {
      stream = watching;
      watching = Optional.empty();
    }
    stream.ifPresent(WatchStream::close);
  }

  private void win(Place own, ResponseHeader header) {
    if (end()) {
      answer.complete(new Response<>(header, terms.result().apply(own)));
    }
  }

  private void fail(Throwable failure) {
    if (end()) {
      answer.completeExceptionally(failure);
    }
    leave();
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

  /** Undoes what was done so far; what is still under way is undone when it is known. */
  private void leave() {
    boolean revoke;
    Optional<Place> place;
    synchronized (this) {
      revoke = leaseIsOwn && leaseId != 0;
      place = made;
      if (left || !revoke && place.isEmpty()) {
        return;
      }
      left = true;
    }
    if (revoke) {
      leave(0, () -> tools.leases().revoke(leaseId));
    } else {
      leave(0, () -> tools.keyValues().txn(Line.leave(place.get())));
    }
  }

  private void leave(int attempts, Supplier<CompletionStage<?>> step) {
    step.get()
        .whenComplete(
            (done, failure) -> {
              if (failure == null || !RecipeTools.mayPass(failure)) {
                return;
              }
              if (attempts >= LEAVE_ATTEMPTS
                  || !tools.later(attempts, () -> leave(attempts + 1, step))) {
                LOGGER.log(
                    System.Logger.Level.WARNING,
                    "a candidate that is gone keeps its place until its lease ends: "
                        + failure.getMessage());
              }
            });
  }

  /** Sets the next look off at the first event, or when the watcher cannot go on. */
  private final class Wake implements WatchSink {
    private final Runnable next;
    private final AtomicBoolean awake = new AtomicBoolean();

    Wake(Runnable next) {
      this.next = next;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void deliver(WatchMessage message) {
      boolean news =
          !(message instanceof WatchMessage.Created) && !(message instanceof WatchMessage.Progress);
      if (news && awake.compareAndSet(false, true) && !tools.aside(next)) {
        answer.completeExceptionally(EtcdError.SERVER_STOPPED.asException());
      }
    }
  }
}
