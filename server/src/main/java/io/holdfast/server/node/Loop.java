package io.holdfast.server.node;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * When a turn runs, and on which thread: everything that is wanted of the node comes through the
 * mailbox here, and is worked on in turns that never overlap.
 *
 * <p>Most turns run on the loop's own thread, which also keeps the time. A network thread that
 * brings something while the loop is at rest runs the turn itself, because waking another thread
 * would take longer than the turn; see {@link #mayRunHere}.
 *
 * <p>An unexpected error, from a turn or reported by others, ends everything once and for all:
 * after that no turn runs.
 */
final class Loop extends Job {
  /** Turns that a caller runs in a row for what comes meanwhile. */
  private static final int TURNS_OF_CALLER = 3;

  /**
   * A caller may run a turn only when the loop has been at rest for so long. What comes more
   * densely shall gather instead, and share a step and a sync.
   */
  private static final long QUIET_NANOS = 40_000;

  private final Work work;
  private final Clock clock;
  private final boolean callersMayRun;
  private final Mailbox<Mail> mailbox = new Mailbox<>();
  private final ArrayDeque<Mail> inbox = new ArrayDeque<>();
  private final TurnLock turns = new TurnLock();
  private final AtomicBoolean failed = new AtomicBoolean();
  private final Runners.Runner runner;

  private volatile boolean started;
  private volatile boolean stopping;
  private volatile boolean ended;
  private volatile long lastTurnNanos;

  /** When the loop's thread has to look again although nothing came in. */
  private volatile long wakeAtNanos;

  /** What is done in the turns. All but {@link #refuse} and {@link #failed} within a turn. */
  interface Work {
    /** Before the first turn. */
    void begin();

    /** Does what one mail asks for, or keeps it for {@link #gathered}. */
    void deliver(Mail mail);

    /** Every mail of the turn is delivered: hands on the proposals that came with them. */
    void gathered();

    /** The last part of a turn: asks what the waiting reads need to know. */
    void askForReads(long nowNanos);

    /**
     * What takes long or depends on the time; only in turns of the loop's own thread.
     *
     * @param idle whether nothing waits for the loop
     */
    void keepTime(long nowNanos, boolean idle);

    /** Nanoseconds until {@link #keepTime} has something to do. */
    long nanosUntilDue(long nowNanos);

    /** Makes durable what is left, after the last turn; not after a failure. */
    void finish();

    /** No turn will run any more: refuses all that was delivered and waits. */
    void end();

    /** Refuses a mail that came too late; any thread. */
    void refuse(Mail mail);

    /** The first failure; any thread. */
    void failed(Throwable cause);
  }

  Loop(Work work, NodePorts ports, boolean callersMayRun, String name) {
    this.work = work;
    this.clock = ports.clock();
    this.callersMayRun = callersMayRun;
    runner = ports.runners().runner(name, this);
    mailbox.onWake(runner::wake);
    lastTurnNanos = clock.nanoTime();
  }

  void start() {
    runner.start();
  }

  /** Leaves something for the loop's own thread. */
  void put(Mail mail) {
    // Who runs a turn looks into the mailbox again before it leaves.
    if (mailbox.add(mail) && !turns.isHeld()) {
      mailbox.wake();
    }
    if (ended) {
      refuseMailbox();
    }
  }

  /** Leaves something for the loop, and runs it when it is at rest. */
  void putOrRun(Mail mail) {
    if (mailbox.add(mail) && !turns.isHeld() && !(mayRunHere() && runHere())) {
      mailbox.wake();
    }
    if (ended) {
      refuseMailbox();
    }
  }

  /** Ends everything, because going on would be unsafe. */
  void fail(Throwable cause) {
    if (failed.compareAndSet(false, true)) {
      work.failed(cause);
      mailbox.wake();
    }
  }

  boolean hasFailed() {
    return failed.get();
  }

  /** The clock's reading at the end of the last turn. */
  long lastTurnNanos() {
    return lastTurnNanos;
  }

  /** Ends the loop in good order; returns when it has ended. */
  void stop() throws InterruptedException {
    stopping = true;
    mailbox.wake();
    runner.join();
  }

  /**
   * Whether the calling thread may run a turn: when something comes alone. Under load the loop's
   * thread is awake anyway, and bigger batches are worth more than a spared hand-over.
   */
  private boolean mayRunHere() {
    return callersMayRun && started && clock.nanoTime() - lastTurnNanos > QUIET_NANOS;
  }

  /**
   * @return false when the loop's thread has to do it
   */
  private boolean runHere() {
    if (!turns.tryEnter()) {
      return true;
    }
    // An interrupt meant for the caller must not close a file under the turn.
    boolean interrupted = Thread.interrupted();
    boolean done = false;
    try {
      for (int i = 0; i < TURNS_OF_CALLER && !stopping && !failed.get(); i++) {
        turn();
        done = true;
        if (mailbox.isEmpty()) {
          break;
        }
      }
    } catch (Throwable cause) {
      fail(cause);
    } finally {
      turns.leave();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (!mailbox.isEmpty() || wakeAtNanos - clock.nanoTime() <= 0) {
      mailbox.wake();
    }
    return done;
  }

  private void turn() {
    mailbox.drainTo(inbox);
    Mail mail;
    while ((mail = inbox.pollFirst()) != null) {
      work.deliver(mail);
    }
    work.gathered();
    long now = clock.nanoTime();
    work.askForReads(now);
    // A commit may have become due earlier than the loop's thread thinks.
    turnEnded(now);
  }

  /** A turn on the loop's own thread. */
  private void runOwnTurn() {
    try {
      turn();
      long now = clock.nanoTime();
      work.keepTime(now, mailbox.isEmpty());
      turnEnded(now);
    } catch (Throwable cause) {
      fail(cause);
    } finally {
      turns.leave();
    }
  }

  private void turnEnded(long nowNanos) {
    wakeAtNanos = nowNanos + work.nanosUntilDue(nowNanos);
    lastTurnNanos = nowNanos;
  }

  private void refuseMailbox() {
    ArrayDeque<Mail> left = new ArrayDeque<>();
    synchronized (mailbox) {
      mailbox.drainTo(left);
    }
    left.forEach(work::refuse);
  }

  @Override
  public void begin() {
    turns.enter();
    work.begin();
    started = true;
    turns.leave();
  }

  @Override
  public boolean goesOn() {
    return !stopping && !failed.get();
  }

  @Override
  public void round() {
    if (turns.tryEnter()) {
      runOwnTurn();
    }
  }

  @Override
  public long nanosToRest() {
    return mailbox.isEmpty() ? wakeAtNanos - clock.nanoTime() : 0;
  }

  @Override
  public void rest() {
    mailbox.await(wakeAtNanos - clock.nanoTime(), turns::isHeld);
  }

  @Override
  public void failed(Throwable cause) {
    fail(cause);
  }

  @Override
  public void end() {
    if (!turns.isHeldHere()) {
      turns.enter();
    }
    try {
      if (!failed.get()) {
        work.finish();
      }
    } catch (Throwable cause) {
      fail(cause);
    } finally {
      ended = true;
      work.end();
      inbox.forEach(work::refuse);
      inbox.clear();
      refuseMailbox();
    }
  }
}
