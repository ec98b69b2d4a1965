package io.holdfast.driver.internal;

import io.grpc.ManagedChannel;

/** Opens channels to endpoints; the seam where tests put servers of their own. */
interface ChannelFactory extends AutoCloseable {
  /** A channel that connects when it is first used. */
  ManagedChannel open(HostAndPort endpoint, DriverThreads threads);

  @Override
  default void close() {}
}
