package io.holdfast.server.simulation;

import io.holdfast.server.apply.Membership;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.mvcc.MvccOptions;
import io.holdfast.server.node.Clock;
import io.holdfast.server.node.FatalHandler;
import io.holdfast.server.node.LogStore;
import io.holdfast.server.node.NodeOptions;
import io.holdfast.server.node.Runners;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberEnvironment;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MemberInquiry;
import io.holdfast.server.transport.PeerTransportConfig;
import io.holdfast.server.transport.Peers;
import io.holdfast.server.wal.WalOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/** What a member takes from its simulated machine. */
final class ProcessEnvironment implements MemberEnvironment {
  private static final long WAL_SEGMENT_BYTES = 16 << 10;
  private static final long ROUND_NANOS = 20_000;

  private final Process process;
  private final Network network;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final SplittableRandom random;
  private final IntFunction<Machine> machineOf;

  ProcessEnvironment(
      Process process,
      Network network,
      Settings settings,
      PlantedServerBug bug,
      IntFunction<Machine> machineOf) {
    this.machineOf = machineOf;
    this.process = process;
    this.network = network;
    this.settings = settings;
    this.bug = bug;
    this.random = process.machine().random().split();
  }

  @Override
  public Disk disk() {
    return process.disk();
  }

  @Override
  public Clock clock() {
    return process.machine()::nanoTime;
  }

  @Override
  public long wallMillis() {
    return process.machine().wallMillis();
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public FatalHandler fatalHandler() {
    return process::failed;
  }

  @Override
  public Runners runners() {
    return new ProcessRunners(process, this::roundDelay, this::diskDelay);
  }

  @Override
  public void pause(long millis) {
    // Nobody else works while this thread waits.
  }

  @Override
  public ScheduledExecutorService timer(String name) {
    return new ProcessExecutor(process, this::roundDelay);
  }

  @Override
  public ExecutorService workers(String name, int threads, int pendingMax) {
    return new ProcessExecutor(process, this::roundDelay);
  }

  @Override
  public void checkPeerAddresses(List<InetSocketAddress> addresses) {
    // Every simulated machine has its ports to itself.
  }

  @Override
  public Peers peers(PeerTransportConfig config, SnapshotStore snapshots, LocalMember member) {
    return new ProcessPeers(
        process, network, snapshots, member, url -> machineOf.apply(Cluster.machineOf(url)));
  }

  @Override
  public MemberInquiry.Answer inquire(String peerUrl, long millisMax) throws IOException {
    Machine asked = machineOf.apply(Cluster.machineOf(peerUrl));
    Machine self = process.machine();
    if (!settings.weather().changesMembers()
        || network.isCut(self, asked)
        || network.isCut(asked, self)
        || asked.pausedFor() > 0) {
      throw new IOException("no answer in time");
    }
    Process target = asked.process().orElseThrow(() -> new IOException("refused"));
    Member member = target.member().orElseThrow(() -> new IOException("not started yet"));
    Membership known = target.questioned().orElseThrow().membership();
    return new MemberInquiry.Answer(
        member.clusterId(), List.copyOf(known.members().values()), known.removedIds());
  }

  @Override
  public WalOptions walOptions() {
    return WalOptions.defaults()
        .withDisk(disk())
        .withSegmentBytesMax(WAL_SEGMENT_BYTES)
        .withFillInline(true);
  }

  /** Replaced chunks are free at once: the hardest on what a power cut falls back to. */
  @Override
  public BackendOptions backendOptions() {
    return new BackendOptions(1 << 20, 0).withSmallBytes(settings.smallStoreBytes());
  }

  @Override
  public MvccOptions mvccOptions() {
    return MvccOptions.defaults()
        .withCheckpoints(settings.checkpointRecordsMin(), settings.checkpointStepKeys());
  }

  @Override
  public NodeOptions nodeOptions() {
    return NodeOptions.defaults().toBuilder()
        .commitIntervalNanos(settings.commitMillis() * Timeline.MILLI)
        .callersMayRun(random.nextBoolean())
        .quickSyncNanos(random.nextBoolean() ? 2 * Timeline.MILLI : 0)
        .nearNanos(random.nextInt(3) * 20 * Timeline.MILLI)
        .build();
  }

  @Override
  public LogStore log(LogStore log) {
    return bug.log(log);
  }

  private long roundDelay() {
    return ROUND_NANOS / 2 + random.nextLong(ROUND_NANOS);
  }

  private long diskDelay() {
    long usual = settings.diskMicros() * 500L * process.machine().diskSlowness();
    return usual / 2 + random.nextLong(usual);
  }
}
