package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.node.FatalHandler;
import io.holdfast.server.service.Response;
import io.holdfast.server.transport.PeerSecurity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** Three members on loopback that can be stopped and started one by one. */
final class TestCluster implements AutoCloseable {
  static final int SIZE = 3;
  private static final long PATIENCE_SECONDS = 60;

  private final Path directory;
  private final int firstPort;
  private final UnaryOperator<MemberConfig.Builder> settings;
  private final Member[] members = new Member[SIZE];

  private TestCluster(Path directory, int firstPort, UnaryOperator<MemberConfig.Builder> settings) {
    this.directory = directory;
    this.firstPort = firstPort;
    this.settings = settings;
  }

  static TestCluster start(Path directory, int firstPort) throws Exception {
    return start(directory, firstPort, UnaryOperator.identity());
  }

  static TestCluster start(
      Path directory, int firstPort, UnaryOperator<MemberConfig.Builder> settings)
      throws Exception {
    TestCluster cluster = new TestCluster(directory, firstPort, settings);
    try {
      for (int i = 0; i < SIZE; i++) {
        cluster.startMember(i);
      }
      cluster.awaitJoined();
    } catch (Exception | Error e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  MemberConfig.Builder config(int number) {
    return config(number, directory.resolve("m" + number));
  }

  MemberConfig.Builder config(int number, Path dataDirectory) {
    SortedMap<String, List<String>> all = new TreeMap<>();
    for (int i = 0; i < SIZE; i++) {
      all.put("m" + i, List.of(url(i)));
    }
    return settings.apply(
        MemberConfig.builder("m" + number, dataDirectory)
            .initialCluster(all)
            .listenPeerUrls(List.of(url(number)))
            .initialAdvertisePeerUrls(List.of(url(number)))
            .advertiseClientUrls(List.of("http://127.0.0.1:" + (firstPort + 50 + number)))
            .heartbeatIntervalMillis(50)
            .electionTimeoutMillis(500));
  }

  void startMember(int number) {
    members[number] = Member.start(config(number).build());
  }

  /** A member that tells this of its end instead of ending the test. */
  void startMember(int number, FatalHandler fatal) {
    members[number] =
        Member.start(
            config(number).build(),
            new MachineEnvironment(PeerSecurity.plaintext()) {
              @Override
              public FatalHandler fatalHandler() {
                return fatal;
              }
            });
  }

  void stopMember(int number) {
    members[number].close();
    members[number] = null;
  }

  Member member(int number) {
    return members[number];
  }

  boolean isRunning(int number) {
    return members[number] != null;
  }

  void awaitJoined() throws Exception {
    for (Member member : members) {
      if (member != null) {
        await(member.joined());
      }
    }
  }

  /** The number of the member that all running ones take for the leader. */
  int awaitLeader() throws Exception {
    int[] found = {-1};
    awaitTrue(
        "a leader that all agree on",
        () -> {
          long leader = 0;
          for (Member member : members) {
            if (member == null) {
              continue;
            }
            long known = member.health().leaderId();
            if (known == 0 || leader != 0 && leader != known) {
              return false;
            }
            leader = known;
          }
          found[0] = numberOf(leader);
          return found[0] >= 0;
        });
    return found[0];
  }

  private int numberOf(long memberId) {
    for (int i = 0; i < SIZE; i++) {
      if (members[i] != null && members[i].memberId() == memberId) {
        return i;
      }
    }
    return -1;
  }

  Response<CommandResult.Put> put(int number, String key, String value) throws Exception {
    return await(members[number].keyValues().put(Command.Put.of(Key.of(key), bytes(value))));
  }

  /** Puts value{@code i} under key{@code i modulo keys} for many {@code i}, all at once. */
  void putMany(int number, int count, int keys) throws Exception {
    List<CompletionStage<?>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(
          members[number]
              .keyValues()
              .put(Command.Put.of(Key.of("key" + i % keys), bytes("value" + i))));
    }
    for (CompletionStage<?> answer : answers) {
      await(answer);
    }
  }

  /** The value by a linearizable read; "(none)" when there is no such key. */
  String get(int number, String key) throws Exception {
    List<KeyValue> found =
        await(members[number].keyValues().range(RangeQuery.of(KeyRange.single(bytes(key))), false))
            .body()
            .keyValues();
    return found.isEmpty() ? "(none)" : new String(found.get(0).value(), StandardCharsets.UTF_8);
  }

  static void awaitTrue(String what, BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new TimeoutException("waited in vain for " + what);
      }
      Thread.sleep(10);
    }
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String url(int number) {
    return "http://127.0.0.1:" + (firstPort + number);
  }

  @Override
  public void close() {
    for (int i = 0; i < SIZE; i++) {
      if (members[i] != null) {
        stopMember(i);
      }
    }
  }
}
