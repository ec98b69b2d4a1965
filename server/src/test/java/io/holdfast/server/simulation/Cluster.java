package io.holdfast.server.simulation;

import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The machines, what runs on them, and what is between them. */
final class Cluster {
  private static final int FIRST_PORT = 1_000;

  private final Timeline timeline;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final SplittableRandom random;
  private final Network network;
  private final Record record = new Record();
  private final CheckpointNemesis checkpoints = new CheckpointNemesis(record);
  private final List<Machine> machines = new ArrayList<>();

  private boolean calm;
  private Supplier<Membership> membership = () -> Membership.NONE;

  Cluster(Timeline timeline, Settings settings, PlantedServerBug bug, SplittableRandom random) {
    this.timeline = timeline;
    this.settings = settings;
    this.bug = bug;
    this.random = random;
    this.network = new Network(timeline, random.split(), settings);
    for (int i = 0; i < settings.members(); i++) {
      machines.add(new Machine(i, timeline, random.split()));
      if (settings.weather().breaksDisks()) {
        machines.get(i).setCapacity(DiskNemesis.CAPACITY_BYTES);
      }
    }
  }

  Timeline timeline() {
    return timeline;
  }

  /** Whether nothing goes wrong for a while, and nobody is in a hurry. */
  boolean isCalm() {
    return calm;
  }

  void setCalm(boolean value) {
    calm = value;
  }

  Network network() {
    return network;
  }

  Record record() {
    return record;
  }

  /** Those whose members belong to the cluster, as far as anybody has told. */
  List<Machine> machines() {
    return machines.stream()
        .filter(machine -> !machine.isRetired() && !machine.awaitsMembership())
        .toList();
  }

  Machine anyMachine(SplittableRandom chooser) {
    List<Machine> in = machines();
    return in.get(chooser.nextInt(in.size()));
  }

  /** A new machine, whose member is to be added. */
  Machine addMachine() {
    Machine machine = Machine.joining(machines.size(), timeline, random.split());
    machines.add(machine);
    return machine;
  }

  /** The machine that listens on peer URLs. */
  Machine machineOfPeer(List<String> peerUrls) {
    return machines.get(machineOf(peerUrls.get(0)));
  }

  /** Who belongs to the cluster, for members that are to join it. */
  void setMembership(Supplier<Membership> source) {
    membership = source;
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
    if (machine.process().isPresent() || machine.isRetired()) {
      return;
    }
    DiskNemesis.tidy(machine);
    int asideBefore = DiskNemesis.setAside(machine).size();
    bug.beforeStart(machine);
    if (settings.weather().writesCheckpoints()) {
      checkpoints.beforeStart(machine);
    }
    Process process = new Process(machine, record, bug);
    machine.run(process);
    timeline.trace("start", machine.number(), 0);
    process.run(
        () -> {
          try {
            Member member =
                Member.start(
                    config(machine),
                    new ProcessEnvironment(process, network, settings, bug, machines::get));
            process.started(member);
            machine.startedUp();
            if (DiskNemesis.setAside(machine).size() > asideBefore) {
              record.deed("repaired itself");
            }
            member.removed().thenAccept(removed -> process.later(0, () -> retire(process)));
          } catch (MemberRemovedException e) {
            retire(process);
          } catch (StartupException e) {
            boolean joining = machine.isJoiner() && !machine.hasStarted();
            if (joining || bug == PlantedServerBug.LOST_DISK_STARTED_AGAIN) {
              // Who joins may be refused until those whom it asks know of it; and a member that is
              // refused for the mistake does no harm, which is what shall be found.
              process.expectFailure();
            }
            process.failed(e);
          } catch (RuntimeException | Error e) {
            if (process.isAlive()) {
              process.failed(e);
            }
          }
        });
  }

  /** A member that was removed ends, and is not started again. */
  private void retire(Process process) {
    process.machine().retire();
    process.end(Process.End.ENDED_ITSELF);
  }

  private SortedMap<String, List<String>> peersOf(Machine machine) {
    SortedMap<String, List<String>> peers = new TreeMap<>();
    if (machine.isJoiner()) {
      membership
          .get()
          .members()
          .values()
          .forEach(member -> peers.put(machineOfPeer(member.peerUrls()).name(), member.peerUrls()));
      peers.put(machine.name(), List.of(peerUrl(machine.number())));
    } else {
      for (Machine founder : machines.subList(0, settings.members())) {
        peers.put(founder.name(), List.of(peerUrl(founder.number())));
      }
    }
    return peers;
  }

  private MemberConfig config(Machine machine) {
    SortedMap<String, List<String>> peers = peersOf(machine);
    // Settings may differ from start to start, as an operator may change them.
    boolean changed = random.nextInt(4) == 0;
    MemberConfig.Builder config =
        MemberConfig.builder(machine.name(), Machine.ROOT.resolve("data"));
    if (settings.weather().breaksDisks()) {
      config.integrity(DiskNemesis.INTEGRITY).quotaBackendBytes(machine.quotaBytes());
    }
    return config
        .initialCluster(peers)
        .foundsCluster(!machine.isJoiner())
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

  static String peerUrl(int number) {
    return "http://127.0.0.1:" + (FIRST_PORT + number);
  }

  /** The machine that listens on a peer port. */
  static int machineOf(String peerUrl) {
    return Integer.parseInt(peerUrl.substring(peerUrl.lastIndexOf(':') + 1)) - FIRST_PORT;
  }
}
