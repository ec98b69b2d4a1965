package io.holdfast.server.simulation;

import io.holdfast.server.error.StartupException;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** The machines, what runs on them, and what is between them. */
final class Cluster {
  private static final int FIRST_PORT = 1_000;

  private final Timeline timeline;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final SplittableRandom random;
  private final Network network;
  private final Record record = new Record();
  private final List<Machine> machines = new ArrayList<>();

  Cluster(Timeline timeline, Settings settings, PlantedServerBug bug, SplittableRandom random) {
    this.timeline = timeline;
    this.settings = settings;
    this.bug = bug;
    this.random = random;
    this.network = new Network(timeline, random.split(), settings);
    for (int i = 0; i < settings.members(); i++) {
      machines.add(new Machine(i, timeline, random.split()));
    }
  }

  Timeline timeline() {
    return timeline;
  }

  Network network() {
    return network;
  }

  Record record() {
    return record;
  }

  List<Machine> machines() {
    return machines;
  }

  Machine anyMachine(SplittableRandom chooser) {
    return machines.get(chooser.nextInt(machines.size()));
  }

  /** The members that run now. */
  List<Member> members() {
    return machines.stream()
        .flatMap(machine -> machine.process().stream())
        .flatMap(process -> process.member().stream())
        .toList();
  }

  /** The machine whose member leads, as far as itself knows. */
  Optional<Machine> leader() {
    return machines.stream()
        .filter(
            machine ->
                machine
                    .process()
                    .flatMap(Process::member)
                    .map(member -> member.counters().isLeader())
                    .orElse(false))
        .findFirst();
  }

  /** Starts a member where none runs. */
  void start(Machine machine) {
    if (machine.process().isPresent()) {
      return;
    }
    Process process = new Process(machine, bug);
    machine.run(process);
    timeline.trace("start", machine.number(), 0);
    process.run(
        () -> {
          try {
            process.started(
                Member.start(
                    config(machine),
                    new ProcessEnvironment(process, network, settings, bug, machines::get)));
          } catch (StartupException e) {
            process.failed(e);
          } catch (RuntimeException | Error e) {
            if (process.isAlive()) {
              process.failed(e);
            }
          }
        });
  }

  private MemberConfig config(Machine machine) {
    SortedMap<String, List<String>> peers = new TreeMap<>();
    for (Machine member : machines) {
      peers.put(member.name(), List.of(peerUrl(member.number())));
    }
    // Settings may differ from start to start, as an operator may change them.
    boolean changed = random.nextInt(4) == 0;
    return MemberConfig.builder(machine.name(), Machine.ROOT.resolve("data"))
        .initialCluster(peers)
        .initialAdvertisePeerUrls(peers.get(machine.name()))
        .listenPeerUrls(peers.get(machine.name()))
        .heartbeatIntervalMillis(settings.heartbeatMillis())
        .electionTimeoutMillis(settings.electionMillis())
        .snapshotCount(changed ? 10 + random.nextInt(500) : settings.snapshotCount())
        .snapshotCatchupEntries(
            changed ? 1 + random.nextInt(100) : settings.snapshotCatchupEntries())
        .watchProgressNotifyIntervalMillis(5_000)
        .build();
  }

  private static String peerUrl(int number) {
    return "http://127.0.0.1:" + (FIRST_PORT + number);
  }

  /** The machine that listens on a peer port. */
  static int machineOf(String peerUrl) {
    return Integer.parseInt(peerUrl.substring(peerUrl.lastIndexOf(':') + 1)) - FIRST_PORT;
  }
}
