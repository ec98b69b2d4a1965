package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static io.holdfast.server.service.member.TestCluster.bytes;

import io.holdfast.server.apply.Command;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.AddedMember;
import io.holdfast.server.service.ClusterMember;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Members on loopback that come and go; the first one founds the cluster alone. */
final class GrowingCluster implements AutoCloseable {
  final Path directory;
  private final int firstPort;
  private final UnaryOperator<MemberConfig.Builder> settings;
  private final Map<Integer, Member> members = new TreeMap<>();
  private final Map<Integer, MemberConfig> configs = new HashMap<>();

  private GrowingCluster(
      Path directory, int firstPort, UnaryOperator<MemberConfig.Builder> settings) {
    this.directory = directory;
    this.firstPort = firstPort;
    this.settings = settings;
  }

  static GrowingCluster start(
      Path directory, int firstPort, UnaryOperator<MemberConfig.Builder> settings)
      throws Exception {
    GrowingCluster cluster = new GrowingCluster(directory, firstPort, settings);
    SortedMap<String, List<String>> alone = new TreeMap<>();
    alone.put("m0", List.of(cluster.url(0)));
    cluster.start(0, cluster.config(0, alone).build());
    await(cluster.member(0).joined());
    return cluster;
  }

  MemberConfig.Builder config(int number, SortedMap<String, List<String>> initialCluster) {
    return settings.apply(
        MemberConfig.builder("m" + number, directory.resolve("m" + number))
            .initialCluster(initialCluster)
            .listenPeerUrls(List.of(url(number)))
            .initialAdvertisePeerUrls(List.of(url(number)))
            .advertiseClientUrls(List.of("http://127.0.0.1:" + (firstPort + 50 + number)))
            .heartbeatIntervalMillis(50)
            .electionTimeoutMillis(500));
  }

  /** How a member is started that was added: with the members as they are now. */
  MemberConfig.Builder joiningConfig(int number) throws Exception {
    return config(number, initialCluster(number)).foundsCluster(false);
  }

  /** What the added member is to be started with, as the tools print it. */
  SortedMap<String, List<String>> initialCluster(int added) throws Exception {
    SortedMap<String, List<String>> all = new TreeMap<>();
    for (ClusterMember member : list()) {
      String name = member.peerUrls().contains(url(added)) ? "m" + added : member.name();
      all.put(name, member.peerUrls());
    }
    return all;
  }

  ClusterMember add(int number, boolean learner) throws Exception {
    AddedMember added = await(any().cluster().memberAdd(List.of(url(number)), learner)).body();
    return added.member();
  }

  Member join(int number) throws Exception {
    return start(number, joiningConfig(number).build());
  }

  /** Adds a member, starts it and waits until it takes part, with its vote if it is to have one. */
  Member grow(int number, boolean learner) throws Exception {
    awaitSteady();
    add(number, learner);
    Member member = join(number);
    await(member.joined());
    if (!learner) {
      awaitTrue("its vote", () -> member.voterIds().contains(member.memberId()));
    }
    return member;
  }

  Member start(int number, MemberConfig config) {
    Member member = Member.start(config);
    members.put(number, member);
    configs.put(number, config);
    return member;
  }

  Member restart(int number) {
    return start(number, configs.get(number));
  }

  void stop(int number) {
    members.remove(number).close();
  }

  Member member(int number) {
    return members.get(number);
  }

  MemberConfig config(int number) {
    return configs.get(number);
  }

  long id(int number) {
    return members.get(number).memberId();
  }

  /** Some member that runs. */
  Member any() {
    return members.values().iterator().next();
  }

  List<ClusterMember> list() throws Exception {
    return await(any().cluster().memberList(true)).body();
  }

  /** The number of the leader, known to all. */
  int leader() throws Exception {
    int[] found = {-1};
    awaitTrue(
        "a leader that all agree on",
        () -> {
          found[0] = -1;
          for (Member member : members.values()) {
            int known = numberOf(member.health().leaderId());
            if (known < 0 || found[0] >= 0 && found[0] != known) {
              return false;
            }
            found[0] = known;
          }
          return true;
        });
    return found[0];
  }

  private int numberOf(long memberId) {
    for (Map.Entry<Integer, Member> member : members.entrySet()) {
      if (member.getValue().memberId() == memberId) {
        return member.getKey();
      }
    }
    return -1;
  }

  /** Waits until strict checks count all connections: they must have stood for a while. */
  void awaitSteady() throws Exception {
    if (members.size() > 1 && configs.values().iterator().next().strictReconfigCheck()) {
      long since = System.nanoTime();
      awaitTrue("steady connections", () -> System.nanoTime() - since > 5_200_000_000L);
    }
  }

  void put(int number, String key, String value) throws Exception {
    await(members.get(number).keyValues().put(Command.Put.of(Key.of(key), bytes(value))));
  }

  String get(int number, String key, boolean serializable) throws Exception {
    List<KeyValue> found =
        await(
                members
                    .get(number)
                    .keyValues()
                    .range(RangeQuery.of(KeyRange.single(bytes(key))), serializable))
            .body()
            .keyValues();
    return found.isEmpty() ? "(none)" : new String(found.get(0).value(), StandardCharsets.UTF_8);
  }

  String url(int number) {
    return "http://127.0.0.1:" + (firstPort + number);
  }

  List<String> names() throws Exception {
    List<String> names = new ArrayList<>();
    list().forEach(member -> names.add(member.name()));
    return names.stream().sorted().toList();
  }

  @Override
  public void close() {
    members.values().forEach(Member::close);
  }
}
