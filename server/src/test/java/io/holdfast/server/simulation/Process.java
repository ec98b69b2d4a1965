package io.holdfast.server.simulation;

import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.transport.LocalMember;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * One run of a member on its machine, from start to whatever ends it. Everything the member does
 * goes through {@link #later}, so that nothing of it happens after its end, or during a pause.
 */
final class Process {
  /** How a process ends. */
  enum End {
    /** What was written stays, synced or not. */
    KILLED,
    /** What was not synced may be lost. */
    POWER_CUT,
    /** It ended itself, in order or because it had to. */
    ENDED_ITSELF
  }

  private final Machine machine;
  private final MachineDisk disk;
  private final Record record;
  private boolean alive = true;
  private boolean failureExpected;
  private Member member;
  private ProcessPeers peers;
  private TransportListener listener;
  private LocalMember questioned;

  Process(Machine machine, Record record, PlantedServerBug bug) {
    this.record = record;
    this.machine = machine;
    this.disk = new MachineDisk(machine.disk(), this, bug);
  }

  Record record() {
    return record;
  }

  Machine machine() {
    return machine;
  }

  MachineDisk disk() {
    return disk;
  }

  boolean isAlive() {
    return alive;
  }

  /** Present once it is started. */
  Optional<Member> member() {
    return alive ? Optional.ofNullable(member) : Optional.empty();
  }

  void started(Member running) {
    member = running;
  }

  void listen(ProcessPeers from, TransportListener node, LocalMember localMember) {
    peers = from;
    listener = node;
    questioned = localMember;
  }

  /** A message has arrived. */
  void receive(Consumer<TransportListener> arrival) {
    run(() -> listener().ifPresent(arrival));
  }

  /** A snapshot has arrived. */
  void receive(BiConsumer<ProcessPeers, TransportListener> arrival) {
    run(() -> listener().ifPresent(node -> arrival.accept(peers, node)));
  }

  Optional<TransportListener> listener() {
    return alive ? Optional.ofNullable(listener) : Optional.empty();
  }

  Optional<LocalMember> questioned() {
    return alive ? Optional.ofNullable(questioned) : Optional.empty();
  }

  /** The disk was made to fail: the process may end itself. */
  void expectFailure() {
    failureExpected = true;
  }

  /** Runs something of this process at a time of the machine's clock. */
  void later(long nanos, Runnable action) {
    machine.timeline().after(machine.toTimeline(nanos), () -> run(action));
  }

  /** Runs something of this process now, or when its pause is over, or never. */
  void run(Runnable action) {
    if (!alive) {
      return;
    }
    long pause = machine.pausedFor();
    if (pause > 0) {
      machine.timeline().after(pause, () -> run(action));
      return;
    }
    try {
      action.run();
    } catch (ProcessEnded e) {
      if (alive) {
        throw e;
      }
    }
  }

  /** The member says that it cannot go on. */
  void failed(Throwable cause) {
    if (!alive) {
      return;
    }
    boolean repairs = machine.isDiskBad() && !(cause instanceof InvariantViolation);
    if (!failureExpected && !repairs) {
      machine
          .timeline()
          .fail(
              cause instanceof SimulationFailure failure
                  ? failure
                  : new SimulationFailure("a member ends only when it must", machine + "", cause));
    }
    if (repairs) {
      record.deed("ended for damage");
    }
    // What a failed sync left in the page cache may be gone.
    end(End.POWER_CUT);
  }

  void end(End how) {
    if (alive) {
      alive = false;
      machine.ended(how);
    }
  }
}
