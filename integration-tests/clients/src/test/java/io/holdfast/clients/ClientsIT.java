package io.holdfast.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Flavor;
import io.holdfast.harness.Programs;
import io.holdfast.harness.fault.Needs;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients of etcd in other languages, unmodified: each sees a real etcd, which proves the program
 * itself, one member of Holdfast and three, and must see the same.
 *
 * <p>Settings: {@code holdfast.peer.etcd} (another etcd), {@code holdfast.clients.page} (a file to
 * write the results into, such as {@code docs/compatibility.md}).
 */
class ClientsIT {
  @TempDir static Path directory;

  private static final Map<Client, Story> STORIES = new EnumMap<>(Client.class);

  private static Stores stores;

  @BeforeAll
  static void start() {
    assumeTrue(Programs.available("etcd"));
    stores = Stores.start(directory);
  }

  @AfterAll
  static void stop() {
    if (stores != null) {
      stores.close();
    }
    String page = System.getProperty("holdfast.clients.page");
    if (page != null && STORIES.size() == Client.values().length) {
      Page.write(Path.of(page), "clients", table());
    }
  }

  @ParameterizedTest
  @EnumSource
  void seesTheSameOfHoldfastAsOfEtcd(Client client) {
    assumeTrue(client.isAvailable());
    List<String> command = prepared(client);
    CompletableFuture<Story> etcd = story(command, stores.etcd());
    CompletableFuture<Story> one = story(command, stores.one());
    CompletableFuture<Story> three = story(command, stores.three());
    try {
      assertFalse(etcd.join().lines().isEmpty(), "nothing was seen");
      assertSame(one.join(), three.join());
      assertSame(etcd.join(), one.join().knownTo(Version.parse(etcdVersion())));
    } catch (RuntimeException e) {
      AssertionError failure = new AssertionError(e.getMessage() + "\n" + stores.logTails(), e);
      // A program that broke off may have left users behind, who would keep the next one out.
      stores.close();
      stores = Stores.start(directory.resolve("after-" + client.name()));
      throw failure;
    }
    STORIES.put(client, etcd.join());
    System.out.printf(
        "%s: %d observations%n", client.titleWithVersion(), etcd.join().lines().size());
  }

  private static List<String> prepared(Client client) {
    try {
      return client.command();
    } catch (Client.NotPrepared e) {
      String what = "the client " + client + ": " + e.getMessage();
      assumeTrue(client.isExpected() ? Needs.lacking(what) : Needs.skipped(what));
      throw e;
    }
  }

  private static CompletableFuture<Story> story(List<String> command, String endpoints) {
    return CompletableFuture.supplyAsync(() -> Story.of(command, endpoints));
  }

  private static void assertSame(Story expected, Story actual) {
    assertEquals(String.join("\n", expected.lines()), String.join("\n", actual.lines()));
  }

  private static String table() {
    TreeSet<String> calls = new TreeSet<>();
    STORIES.values().forEach(story -> calls.addAll(story.calls().keySet()));
    StringBuilder text = new StringBuilder();
    text.append("\n## Client by client, beside etcd ").append(etcdVersion()).append("\n\n");
    text.append(
        "How many observations each client, unmodified, made through a call. Every one was");
    text.append(" the same with etcd, with one\nmember of Holdfast and with three.\n\n| call |");
    STORIES.keySet().forEach(one -> text.append(' ').append(one.titleWithVersion()).append(" |"));
    text.append("\n|---|").append("---:|".repeat(STORIES.size())).append('\n');
    for (String call : calls) {
      text.append("| ").append(call).append(" |");
      for (Story story : STORIES.values()) {
        Integer count = story.calls().get(call);
        text.append(' ').append(count == null ? "" : count).append(" |");
      }
      text.append('\n');
    }
    return text.append('\n').toString();
  }

  private static String etcdVersion() {
    List<String> command = List.of(Flavor.ETCD.command().get(0), "--version");
    String text = Programs.run(command, Map.of(), Duration.ofSeconds(20)).out();
    String first = text.lines().findFirst().orElse("");
    return first.substring(first.lastIndexOf(' ') + 1);
  }
}
