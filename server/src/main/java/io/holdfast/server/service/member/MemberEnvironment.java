package io.holdfast.server.service.member;

import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.node.Clock;
import io.holdfast.server.node.FatalHandler;
import io.holdfast.server.node.LogStore;
import io.holdfast.server.node.NodeOptions;
import io.holdfast.server.node.Runners;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MemberInquiry;
import io.holdfast.server.transport.PeerTransportConfig;
import io.holdfast.server.transport.Peers;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;

/**
 * Everything a member takes from the machine it runs on: disk, time, randomness, threads and the
 * way to its peers. {@link MachineEnvironment} is the real one; a simulation supplies another, and
 * the whole member then runs on one thread, under virtual time, the same again from the same seed.
 */
public interface MemberEnvironment {
  Disk disk();

  /** Monotonic time. */
  Clock clock();

  /** Milliseconds since 1970, as the machine believes; may jump. */
  long wallMillis();

  /** Unpredictable from outside; used by any thread. */
  RandomGenerator random();

  /** Told when the member can no longer keep its promises; it must not go on after that. */
  FatalHandler fatalHandler();

  /** Who runs the node's own work. */
  Runners runners();

  /** Lets time pass while others work; not at all where one thread does everything. */
  default void pause(long millis) throws InterruptedException {
    Thread.sleep(millis);
  }

  /** Runs what waits for a time. Shut down when the member closes. */
  ScheduledExecutorService timer(String name);

  /**
   * Runs what takes long. Shut down when the member closes.
   *
   * @param threads how many tasks at once
   * @param pendingMax how many more may wait; others are rejected
   */
  ExecutorService workers(String name, int threads, int pendingMax);

  /**
   * Tells before anything is written whether the peer port can be had.
   *
   * @throws io.holdfast.server.error.StartupException when it cannot, with what to do about it
   */
  void checkPeerAddresses(List<InetSocketAddress> addresses);

  /** The way to the other members; the caller starts and closes it. */
  Peers peers(PeerTransportConfig config, SnapshotStore snapshots, LocalMember member);

  /**
   * Asks a member of a cluster who belongs to it, without being one; before anything is started.
   *
   * @throws IOException when there is no answer in time, with the reason in a few words
   */
  MemberInquiry.Answer inquire(String peerUrl, long millisMax) throws IOException;

  /** How the log lays out its files; on {@link #disk}. */
  default WalOptions walOptions() {
    return WalOptions.defaults().withDisk(disk());
  }

  default BackendOptions backendOptions() {
    return BackendOptions.defaults();
  }

  default MvccOptions mvccOptions() {
    return MvccOptions.defaults();
  }

  /** The node's bounds and rhythms where the configuration does not set them. */
  default NodeOptions nodeOptions() {
    return NodeOptions.defaults();
  }

  /** The log as the node is to see it. */
  default LogStore log(LogStore log) {
    return log;
  }
}
