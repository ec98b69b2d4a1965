package io.holdfast.server.simulation;

import io.holdfast.server.node.Job;
import io.holdfast.server.node.Runners;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;

/** Gives the node's jobs their rounds in virtual time. */
final class ProcessRunners implements Runners {
  private static final int ROUNDS_MAX = 100_000;

  private final Process process;
  private final LongSupplier roundDelay;
  private final LongSupplier diskDelay;

  /**
   * @param roundDelay how long a woken job takes to begin its round
   * @param diskDelay how long what goes to the disk takes
   */
  ProcessRunners(Process process, LongSupplier roundDelay, LongSupplier diskDelay) {
    this.process = process;
    this.roundDelay = roundDelay;
    this.diskDelay = diskDelay;
  }

  @Override
  public Runner runner(String name, Job job) {
    return new JobRunner(job, name.endsWith("-log") ? diskDelay : roundDelay);
  }

  @Override
  public ExecutorService oneByOne(String name) {
    return new ProcessExecutor(process, diskDelay);
  }

  private final class JobRunner implements Runner {
    private final Job job;
    private final LongSupplier delay;
    private boolean begun;
    private boolean ended;
    private boolean inRound;
    private boolean wakeSoon;
    private long plan;

    JobRunner(Job job, LongSupplier delay) {
      this.job = job;
      this.delay = delay;
    }

    @Override
    public void start() {
      process.later(roundDelay.getAsLong(), this::begin);
    }

    private void begin() {
      begun = true;
      guarded(job::begin);
      plan();
    }

    @Override
    public void wake() {
      if (!begun || ended) {
        return;
      }
      if (inRound) {
        wakeSoon = true;
      } else if (!wakeSoon) {
        wakeSoon = true;
        planIn(delay.getAsLong());
      }
    }

    @Override
    public void awaitProgress() {
      round();
    }

    @Override
    public void join() {
      for (int i = 0; !ended && begun; i++) {
        if (i > ROUNDS_MAX) {
          throw new SimulationFailure("a job ends when it is told to", job.toString());
        }
        round();
      }
    }

    private void plan() {
      if (ended) {
        return;
      }
      long rest = job.nanosToRest();
      planIn(wakeSoon || rest <= 0 ? delay.getAsLong() : rest);
    }

    private void planIn(long nanos) {
      long mine = ++plan;
      process.later(
          nanos,
          () -> {
            if (mine == plan && !ended) {
              round();
              plan();
            }
          });
    }

    private void round() {
      if (ended) {
        return;
      }
      wakeSoon = false;
      inRound = true;
      if (job.goesOn()) {
        guarded(job::round);
      }
      inRound = false;
      if (!ended && !job.goesOn()) {
        end();
      }
    }

    private void guarded(Runnable step) {
      try {
        step.run();
      } catch (ProcessEnded | SimulationFailure e) {
        throw e;
      } catch (Throwable cause) {
        job.failed(cause);
        end();
      }
    }

    private void end() {
      if (!ended) {
        ended = true;
        job.end();
      }
    }
  }
}
