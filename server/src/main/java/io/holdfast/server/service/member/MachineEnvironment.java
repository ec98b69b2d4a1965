package io.holdfast.server.service.member;

import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.node.Clock;
import io.holdfast.server.node.FatalHandler;
import io.holdfast.server.node.Runners;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MemberInquiry;
import io.holdfast.server.transport.PeerSecurity;
import io.holdfast.server.transport.PeerTransport;
import io.holdfast.server.transport.PeerTransportConfig;
import io.holdfast.server.transport.Peers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** The machine the process runs on; a failure ends the process. */
class MachineEnvironment implements MemberEnvironment {
  private static final int LOAD_THREADS_MAX = 4;

  private final Disk disk = new RealDisk();
  private final SecureRandom random = new SecureRandom();
  private final PeerSecurity security;

  /**
   * @param security how connections to other members are protected
   */
  MachineEnvironment(PeerSecurity security) {
    this.security = security;
  }

  @Override
  public Disk disk() {
    return disk;
  }

  @Override
  public BackendOptions backendOptions() {
    int processors = Runtime.getRuntime().availableProcessors();
    return BackendOptions.defaults().withLoadThreads(Math.min(processors, LOAD_THREADS_MAX));
  }

  @Override
  public Clock clock() {
    return Clock.system();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public FatalHandler fatalHandler() {
    return new HaltOnFailure();
  }

  @Override
  public Runners runners() {
    return Runners.threads();
  }

  @Override
  public ScheduledExecutorService timer(String name) {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads(name));
    // What waits for a time in the future does not hold up the end.
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return timer;
  }

  @Override
  public ExecutorService workers(String name, int threads, int pendingMax) {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(pendingMax),
            threads(name));
    workers.allowCoreThreadTimeOut(true);
    return workers;
  }

  @Override
  public void checkPeerAddresses(List<InetSocketAddress> addresses) {
    PeerTransport.checkFree(addresses);
  }

  @Override
  public Peers peers(PeerTransportConfig config, SnapshotStore snapshots, LocalMember member) {
    return new PeerTransport(config.withSecurity(security), snapshots, member);
  }

  @Override
  public MemberInquiry.Answer inquire(String peerUrl, long millisMax) throws IOException {
    return MemberInquiry.ask(peerUrl, security, millisMax);
  }

  private static ThreadFactory threads(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "holdfast-" + name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
