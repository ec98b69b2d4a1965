package io.holdfast.server.node;

import java.util.Objects;

/**
 * What a {@link RaftNode} is connected to. The node uses the ports but does not close them, except
 * that it ends what it began.
 */
public record NodePorts(
    LogStore log,
    StateMachine stateMachine,
    Transport transport,
    Clock clock,
    FatalHandler fatalHandler,
    NodeObserver observer,
    Runners runners) {
  public NodePorts {
    Objects.requireNonNull(log, "log");
    Objects.requireNonNull(stateMachine, "stateMachine");
    Objects.requireNonNull(transport, "transport");
    Objects.requireNonNull(clock, "clock");
    Objects.requireNonNull(fatalHandler, "fatalHandler");
    Objects.requireNonNull(observer, "observer");
    Objects.requireNonNull(runners, "runners");
  }
}
