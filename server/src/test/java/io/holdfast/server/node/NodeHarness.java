package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** A node with the real core and loop between fakes; time goes on only when the test says so. */
final class NodeHarness implements AutoCloseable {
  static final long SELF = 1;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  final FakeLog log = new FakeLog();
  final FakeState state = new FakeState(log);
  final FakeTransport transport = new FakeTransport(log);
  final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
  final List<RaftStatus> changes = Collections.synchronizedList(new ArrayList<>());
  final AtomicLong ticks = new AtomicLong();
  final AtomicLong nanoTime = new AtomicLong(1_000_000_000L);
  final RaftNode node;

  NodeHarness(List<Long> voters) {
    this(voters, NodeOptions.defaults());
  }

  NodeHarness(List<Long> voters, NodeOptions options) {
    Random random = new Random(42);
    Restored restored =
        new Restored(
            HardState.INITIAL, SnapshotMetadata.initial(ConfState.ofVoters(voters)), List.of(), 0);
    NodeObserver observer =
        new NodeObserver() {
          @Override
          public void statusChanged(RaftStatus before, RaftStatus after) {
            changes.add(after);
          }

          @Override
          public void ticked(long now) {
            ticks.incrementAndGet();
          }
        };
    node =
        new RaftNode(
            options,
            new NodePorts(
                log, state, transport, nanoTime::get, failures::add, observer, Runners.threads()),
            new RaftCore(RaftConfig.defaults(SELF, random::nextInt), restored),
            "test-node",
            1000);
  }

  /** A lone voter that leads already. */
  static NodeHarness leading(NodeOptions options) throws InterruptedException {
    NodeHarness harness = new NodeHarness(List.of(SELF), options);
    harness.node.start();
    harness.await("the lone voter to lead", harness.node::readsLocally);
    return harness;
  }

  static NodeHarness leading() throws InterruptedException {
    return leading(NodeOptions.defaults());
  }

  Ticket propose(String command) {
    Ticket ticket = new Ticket(command);
    node.propose(ticket);
    return ticket;
  }

  /** Lets one tick pass and waits until the loop has seen it. */
  void tick() throws InterruptedException {
    long before = ticks.get();
    nanoTime.addAndGet(NodeOptions.defaults().tickNanos());
    node.execute(() -> {});
    await("a tick", () -> ticks.get() > before || node.hasFailed());
  }

  void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "waited in vain for " + what + "; status " + node.status() + ", failures " + failures);
      }
      Thread.sleep(1);
    }
  }

  void awaitApplied(String command) throws InterruptedException {
    await(command + " to be applied", () -> state.commands().contains(command));
  }

  /** Waits until the loop has handled everything put before. */
  void settle() throws InterruptedException {
    settle(false);
  }

  /** The same where the loop may have ended. */
  void settleUnlessFailed() throws InterruptedException {
    settle(true);
  }

  private void settle(boolean mayFail) throws InterruptedException {
    boolean[] done = {false};
    node.execute(
        () -> {
          synchronized (done) {
            done[0] = true;
          }
        });
    await(
        "the loop",
        () -> {
          synchronized (done) {
            return done[0] || mayFail && node.hasFailed();
          }
        });
  }

  void assertNothingBroken() {
    assertEquals(List.of(), state.violations());
    assertEquals(List.of(), transport.violations());
  }

  @Override
  public void close() throws InterruptedException {
    log.releaseSyncs();
    node.stop();
    assertNothingBroken();
  }

  /** A command of a test and what became of it. */
  static final class Ticket implements Proposal {
    private final byte[] command;
    private volatile EtcdError refusal;
    private volatile boolean abandoned;

    Ticket(String command) {
      this.command = command.getBytes(StandardCharsets.UTF_8);
    }

    void abandon() {
      abandoned = true;
    }

    Optional<EtcdError> refusal() {
      return Optional.ofNullable(refusal);
    }

    @Override
    public byte[] command() {
      return command;
    }

    @Override
    public boolean abandoned() {
      return abandoned;
    }

    @Override
    public void refused(EtcdError reason) {
      refusal = reason;
    }
  }
}
