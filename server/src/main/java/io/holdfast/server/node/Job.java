package io.holdfast.server.node;

/**
 * Work that goes on in rounds until it is done: of its own on a thread ({@link #run}), or round by
 * round as a simulator wants it. A round never waits; waiting is {@link #rest}.
 *
 * <p>One thread at a time calls these methods, and what one call wrote the next one sees.
 */
public abstract class Job {
  /** Before the first round. */
  public abstract void begin();

  /** Whether another round is wanted, now or later. */
  public abstract boolean goesOn();

  /** Does what there is to do. */
  public abstract void round();

  /**
   * How long from now nothing has to be done unless somebody wakes this job; 0 or less: at once.
   */
  public abstract long nanosToRest();

  /** Sleeps until there is something to do. */
  public abstract void rest();

  /** After the last round, also when that failed. */
  public abstract void end();

  /** A round, or the beginning, threw; only {@link #end} follows. */
  public abstract void failed(Throwable cause);

  /** All of it, on the calling thread. */
  public final void run() {
    try {
      begin();
      while (goesOn()) {
        round();
        rest();
      }
    } catch (Throwable cause) {
      failed(cause);
    } finally {
      end();
    }
  }
}
