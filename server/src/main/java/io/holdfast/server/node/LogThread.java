package io.holdfast.server.node;

import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Writes and syncs on a thread of its own, for members of a cluster: heartbeats and messages flow
 * while the disk works, and a leader's entries travel to its followers during its own sync. What is
 * handed over during one sync shares the next.
 *
 * <p>A single entry that comes while this thread is at rest is written and synced within the turn
 * that brings it, as long as the disk is quick: waking this thread, and the loop again afterwards,
 * would take longer than the sync. Slow syncs end that for a while.
 */
final class LogThread extends Job implements Persistence {
  /** Writes under way above which the leader lets proposals gather. */
  private static final int WRITES_UNDER_WAY = 2;

  /** One part in so many of what a sync usually takes is how long the last one took. */
  private static final int USUAL_SYNCS = 8;

  private static final Runnable NOTHING = () -> {};
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LogStore log;
  private final Transport transport;
  private final Clock clock;
  private final long quickSyncNanos;
  private final Consumer<Input> atOnce;
  private final Consumer<Input> later;
  private final Consumer<Throwable> fatal;
  private final Mailbox<Work> mailbox = new Mailbox<>();

  /** Handed over and not yet durable. */
  private final AtomicInteger underWay = new AtomicInteger();

  /** Handed over and its news not yet sent. */
  private final AtomicInteger unconfirmed = new AtomicInteger();

  private final Runners.Runner runner;

  /** Written and not yet synced. */
  private final ArrayDeque<Work> batch = new ArrayDeque<>();

  /** How long a sync takes lately; written by whoever syncs, one at a time. */
  private volatile long usualSyncNanos = TimeUnit.MILLISECONDS.toNanos(100);

  private volatile boolean stopping;
  private volatile boolean failed;

  /** Something for the log thread to do; {@code sync} tells whether a sync must follow. */
  private record Work(
      Runnable action,
      boolean sync,
      List<Outgoing> messages,
      Optional<Input.Persisted> persisted) {}

  /**
   * @param quickSyncNanos see {@link NodeOptions#quickSyncNanos}
   * @param atOnce takes the news of durability within a turn
   * @param later takes it on the log thread
   * @param fatal told of a failure, after which nothing is sent or reported any more
   */
  LogThread(
      NodePorts ports,
      long quickSyncNanos,
      Consumer<Input> atOnce,
      Consumer<Input> later,
      Consumer<Throwable> fatal,
      String name) {
    log = ports.log();
    transport = ports.transport();
    clock = ports.clock();
    this.quickSyncNanos = quickSyncNanos;
    this.atOnce = atOnce;
    this.later = later;
    this.fatal = fatal;
    runner = ports.runners().runner(name, this);
    mailbox.onWake(runner::wake);
  }

  @Override
  public void start() {
    runner.start();
  }

  @Override
  public void write(Ready ready) {
    if (ready.syncRequired() && mayWriteHere(ready)) {
      log.append(ready.hardState(), ready.entries());
      sync();
      confirm(ready.messages(), ready.persisted(), atOnce);
    } else if (ready.syncRequired()) {
      submit(
          () -> log.append(ready.hardState(), ready.entries()),
          true,
          ready.messages(),
          ready.persisted());
    } else if (unconfirmed.get() == 0) {
      confirm(ready.messages(), ready.persisted(), later);
    } else if (ready.persisted().isPresent() || hasPromise(ready.messages())) {
      submit(NOTHING, false, ready.messages(), ready.persisted());
    }
  }

  /** Whether nothing is with the log thread, and writing this does not take long. */
  private boolean mayWriteHere(Ready ready) {
    return ready.entries().size() == 1
        && usualSyncNanos < quickSyncNanos
        && unconfirmed.get() == 0
        && !failed;
  }

  private void sync() {
    long start = clock.nanoTime();
    log.sync();
    long took = clock.nanoTime() - start;
    usualSyncNanos += (took - usualSyncNanos) / USUAL_SYNCS;
  }

  @Override
  public void recoveryPoint(SnapshotMetadata point) {
    submit(
        () -> {
          log.snapshotSaved(point);
          log.sync();
          log.truncatePrefix(point.index() + 1);
        },
        false,
        List.of(),
        Optional.empty());
  }

  @Override
  public void snapshotInstalled(SnapshotMetadata snapshot, Ready ready) {
    submit(() -> log.snapshotInstalled(snapshot), false, List.of(), Optional.empty());
    drain();
    write(ready);
  }

  @Override
  public boolean isBusy() {
    return underWay.get() >= WRITES_UNDER_WAY;
  }

  @Override
  public void finish() {
    // First the flag, then the work that wakes the thread: so it cannot fall asleep in between.
    stopping = true;
    submit(NOTHING, true, List.of(), Optional.empty());
    joinUninterruptibly();
    if (failed) {
      throw new IllegalStateException("the log thread has failed");
    }
  }

  private void submit(
      Runnable action, boolean sync, List<Outgoing> messages, Optional<Input.Persisted> persisted) {
    underWay.incrementAndGet();
    unconfirmed.incrementAndGet();
    mailbox.put(new Work(action, sync, messages, persisted));
  }

  /** Waits until everything handed over is durable. */
  private void drain() {
    AtomicBoolean done = new AtomicBoolean();
    submit(
        () -> {
          log.sync();
          done.set(true);
        },
        false,
        List.of(),
        Optional.empty());
    while (!failed && !done.get()) {
      mailbox.wake();
      runner.awaitProgress();
    }
    if (failed) {
      throw new IllegalStateException("the log thread has failed");
    }
  }

  @Override
  public void begin() {
    // Works on what is handed over.
  }

  @Override
  public boolean goesOn() {
    return !failed && (!stopping || !mailbox.isEmpty() || !batch.isEmpty());
  }

  /** Writes what was handed over; in the next round, syncs it and tells the news. */
  @Override
  public void round() {
    if (batch.isEmpty()) {
      mailbox.drainTo(batch);
      for (Work work : batch) {
        work.action().run();
      }
    } else {
      syncAndConfirm();
    }
  }

  @Override
  public long nanosToRest() {
    return batch.isEmpty() && mailbox.isEmpty() ? IDLE_NANOS : 0;
  }

  @Override
  public void rest() {
    if (batch.isEmpty() && goesOn()) {
      mailbox.await(IDLE_NANOS);
    }
  }

  @Override
  public void end() {
    // Whoever ended it has seen to the rest.
  }

  @Override
  public void failed(Throwable cause) {
    failed = true;
    fatal.accept(cause);
  }

  private void syncAndConfirm() {
    boolean sync = false;
    for (Work work : batch) {
      sync |= work.sync();
    }
    if (sync) {
      sync();
    }
    // Before the news goes out: a loop that lets proposals gather asks again when it hears.
    underWay.addAndGet(-batch.size());
    Optional<Input.Persisted> newest = Optional.empty();
    for (Work work : batch) {
      confirm(work.messages(), Optional.empty(), later);
      newest = work.persisted().isPresent() ? work.persisted() : newest;
    }
    newest.ifPresent(later);
    unconfirmed.addAndGet(-batch.size());
    batch.clear();
  }

  private void confirm(
      List<Outgoing> messages, Optional<Input.Persisted> persisted, Consumer<Input> core) {
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).afterPersist()) {
        transport.send(messages.get(i).message());
      }
    }
    persisted.ifPresent(core);
  }

  private static boolean hasPromise(List<Outgoing> messages) {
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).afterPersist()) {
        return true;
      }
    }
    return false;
  }

  private void joinUninterruptibly() {
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        runner.join();
        ended = true;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
