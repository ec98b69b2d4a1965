package io.holdfast.driver.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is tried again, what is not, and what is said about it. */
class FailoverTest {
  private FakeStore one;
  private FakeStore two;

  @BeforeEach
  void start() throws IOException {
    one = FakeStore.start();
    two = FakeStore.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    one.close();
    two.close();
  }

  private Connection connect(String options) {
    return Drivers.connect("etcd://" + one.endpoint() + "," + two.endpoint() + "?" + options);
  }

  @Test
  void requestsTakeTurns() {
    try (Connection connection = connect("")) {
      for (int request = 0; request < 10; request++) {
        connection.get("a");
      }
      assertEquals(5, one.ranges.get());
      assertEquals(5, two.ranges.get());
    }
  }

  @Test
  void aDeadEndpointIsPassedOver() throws Exception {
    one.stop();
    try (Connection connection = connect("")) {
      for (int request = 0; request < 20; request++) {
        connection.put("a", "1");
      }
      assertEquals(20, two.puts.get());
    }
  }

  @Test
  void allDeadNamesThemAllAndLeavesNothingOpen() throws Exception {
    one.stop();
    two.stop();
    try (Connection connection = connect("requestTimeout=400ms")) {
      HoldfastException failed =
          assertThrows(HoldfastException.class, () -> connection.put("a", "1"));
      assertEquals("08001", failed.state());
      assertTrue(failed.isTransient());
      assertFalse(failed.outcomeUnknown());
      assertEquals(2, failed.endpoints().size());
      assertTrue(failed.getMessage().contains(one.endpoint()), failed.getMessage());
      assertTrue(failed.getMessage().contains(two.endpoint()), failed.getMessage());
      assertTrue(failed.getMessage().contains("refused"), failed.getMessage());
    }
  }

  @Test
  void deadEndpointsAreKnockedOnNowAndThenHoweverManyWait() throws Exception {
    one.stop();
    Settings settings =
        ConnectionUrl.parse("etcd://" + one.endpoint() + "?requestTimeout=2s", new Properties());
    OkHttpChannels real = new OkHttpChannels(settings);
    AtomicInteger opened = new AtomicInteger();
    ChannelFactory counting =
        (endpoint, threads) -> {
          opened.incrementAndGet();
          return real.open(endpoint, threads);
        };
    try (StoreConnection connection = new StoreConnection(settings, counting)) {
      List<CompletableFuture<?>> all = new ArrayList<>();
      for (int request = 0; request < 200; request++) {
        all.add(connection.async().get("a").toCompletableFuture());
      }
      for (CompletableFuture<?> each : all) {
        assertThrows(CompletionException.class, each::join);
      }
    }
    // Pauses of 25 ms at least, doubling up to a second: a dozen tries at most, not thousands.
    assertTrue(opened.get() <= 12, "opened " + opened.get() + " channels in 2 s");
  }

  @Test
  void aWriteWhoseAnswerIsLostIsNotRepeated() {
    one.onPut = FakeStore.failing(Status.Code.UNAVAILABLE, "transport is closing");
    two.onPut = FakeStore.failing(Status.Code.UNAVAILABLE, "transport is closing");
    try (Connection connection = connect("")) {
      HoldfastException lost =
          assertThrows(HoldfastException.class, () -> connection.put("a", "1"));
      assertEquals("08007", lost.state());
      assertTrue(lost.outcomeUnknown());
      assertEquals("UNAVAILABLE", lost.status());
      assertEquals(1, lost.endpoints().size());
      assertEquals(1, one.puts.get() + two.puts.get());
    }
  }

  @Test
  void aWriteCutOffInFlightIsNotRepeated() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    one.onPut = (request, answer) -> arrived.countDown();
    try (Connection connection = Drivers.connect("etcd://" + one.endpoint())) {
      CompletableFuture<?> put = connection.async().put("a", "1").toCompletableFuture();
      assertTrue(arrived.await(30, TimeUnit.SECONDS));
      one.stop();
      HoldfastException lost =
          (HoldfastException) assertThrows(CompletionException.class, put::join).getCause();
      assertTrue(lost.outcomeUnknown());
      assertEquals(1, one.puts.get());
    }
  }

  @Test
  void aWriteThatTakesTooLongIsOfUnknownOutcome() {
    one.onPut = (request, answer) -> {};
    try (Connection connection =
        Drivers.connect("etcd://" + one.endpoint() + "?requestTimeout=300ms")) {
      HoldfastException late =
          assertThrows(HoldfastException.class, () -> connection.put("a", "1"));
      assertEquals("57014", late.state());
      assertTrue(late.outcomeUnknown());
      assertEquals(1, one.puts.get());
    }
  }

  @Test
  void aWriteRefusedUnexecutedIsRepeated() {
    AtomicInteger refusals = new AtomicInteger();
    one.onPut =
        (request, answer) -> {
          if (refusals.incrementAndGet() <= 2) {
            FakeStore.<Object, PutResponse>failing(Status.Code.UNAVAILABLE, "etcdserver: no leader")
                .accept(request, answer);
          } else {
            FakeStore.reply(
                answer, PutResponse.newBuilder().setHeader(FakeStore.header(9)).build());
          }
        };
    try (Connection connection = Drivers.connect("etcd://" + one.endpoint())) {
      assertEquals(9, connection.put("a", "1").revision());
      assertEquals(3, one.puts.get());
    }
  }

  @Test
  void aServersTimeoutLeavesAWriteOpenAndNamesIt() {
    one.onPut = FakeStore.failing(Status.Code.UNAVAILABLE, "etcdserver: request timed out");
    try (Connection connection = Drivers.connect("etcd://" + one.endpoint())) {
      HoldfastException late =
          assertThrows(HoldfastException.class, () -> connection.put("a", "1"));
      assertEquals(ErrorState.TIMED_OUT, late.errorState());
      assertTrue(late.outcomeUnknown());
    }
  }

  @Test
  void readsMoveOnWhenOneMemberIsUnavailableOrSilent() {
    one.onRange = FakeStore.failing(Status.Code.UNAVAILABLE, "etcdserver: leader changed");
    try (Connection connection = connect("attemptTimeout=200ms")) {
      connection.get("a");
      connection.get("a");
      assertEquals(2, two.ranges.get());
      one.onRange = (request, answer) -> {};
      for (int request = 0; request < 4; request++) {
        connection.get("a");
      }
      assertTrue(two.ranges.get() >= 6, "answered " + two.ranges.get());
    }
  }

  @Test
  void answersThatAreFinalAreNotRepeated() {
    one.onRange =
        FakeStore.failing(Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
    two.onRange = one.onRange;
    try (Connection connection = connect("")) {
      HoldfastException refused = assertThrows(HoldfastException.class, () -> connection.get("a"));
      assertEquals("22023", refused.state());
      assertFalse(refused.isTransient());
      assertEquals(1, one.ranges.get() + two.ranges.get());
    }
  }

  @Test
  void anEndpointThatAcceptsButNeverAnswersDoesNotHoldWritesUp() throws Exception {
    one.stop();
    try (ServerSocket silent = new ServerSocket(one.port, 50, InetAddress.getByName("127.0.0.1"));
        Connection connection = connect("connectTimeout=300ms")) {
      assertFalse(silent.isClosed());
      for (int request = 0; request < 4; request++) {
        connection.put("a", "1");
      }
      assertEquals(4, two.puts.get());
    }
  }

  @Test
  void aServerThatSaysGoodbyeLosesNoRequest() throws Exception {
    try (Connection connection = connect("")) {
      for (int request = 0; request < 10; request++) {
        connection.put("a", "1");
      }
      Thread goodbye =
          new Thread(
              () -> {
                try {
                  one.stopGracefully();
                } catch (InterruptedException interrupted) {
                  Thread.currentThread().interrupt();
                }
              });
      goodbye.start();
      for (int request = 0; request < 100; request++) {
        connection.put("a", "1");
      }
      goodbye.join();
      assertEquals(110, one.puts.get() + two.puts.get());
    }
  }

  @Test
  void aServerThatComesBackIsUsedAgain() throws Exception {
    one.stop();
    two.stop();
    try (Connection connection = connect("")) {
      CompletableFuture<?> put = connection.async().put("a", "1").toCompletableFuture();
      two.restart();
      put.get(30, TimeUnit.SECONDS);
      assertEquals(1, two.puts.get());
    }
  }

  @Test
  void tooManyRequestsAtOnceAreRefusedHere() {
    one.onRange = (request, answer) -> {};
    try (Connection connection =
        Drivers.connect("etcd://" + one.endpoint() + "?inFlightMax=2&requestTimeout=1m")) {
      CompletableFuture<?> first = connection.async().get("a").toCompletableFuture();
      connection.async().get("b");
      HoldfastException refused = assertThrows(HoldfastException.class, () -> connection.get("c"));
      assertEquals("53300", refused.state());
      connection.close();
      HoldfastException closed =
          (HoldfastException) assertThrows(CompletionException.class, first::join).getCause();
      assertEquals("08003", closed.state());
    }
  }

  @Test
  void blockingInACallbackIsRefused() {
    try (Connection connection = connect("")) {
      CompletableFuture<?> chained =
          connection.async().get("a").thenApply(found -> connection.get("b")).toCompletableFuture();
      HoldfastException refused =
          (HoldfastException) assertThrows(CompletionException.class, chained::join).getCause();
      assertEquals("KB001", refused.state());
      assertTrue(refused.getMessage().contains("async()"), refused.getMessage());
      connection
          .async()
          .get("a")
          .thenCompose(found -> connection.async().get("b"))
          .toCompletableFuture()
          .join();
    }
  }

  @Test
  void closingEndsEveryThread() throws Exception {
    Set<Thread> others = driverThreads();
    Connection connection = connect("");
    connection.get("a");
    connection.async().get("a").toCompletableFuture().join();
    one.stop();
    two.stop();
    // Channels that failed and were replaced must go too.
    CompletableFuture<?> waiting = connection.async().get("a").toCompletableFuture();
    two.restart();
    waiting.get(30, TimeUnit.SECONDS);
    connection.close();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!others.containsAll(driverThreads())) {
      assertTrue(System.nanoTime() < deadline, "threads left: " + driverThreads());
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static Set<Thread> driverThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("holdfast-\\d+-.*"))
        .collect(Collectors.toSet());
  }

  @Test
  void channelsReplacedAfterFailuresAreShutDown() throws Exception {
    one.stop();
    Settings settings =
        ConnectionUrl.parse("etcd://" + one.endpoint() + "?requestTimeout=700ms", new Properties());
    OkHttpChannels real = new OkHttpChannels(settings);
    List<ManagedChannel> opened = new ArrayList<>();
    try (StoreConnection connection =
        new StoreConnection(
            settings,
            (endpoint, threads) -> {
              ManagedChannel channel = real.open(endpoint, threads);
              opened.add(channel);
              return channel;
            })) {
      assertThrows(HoldfastException.class, () -> connection.get("a"));
    }
    assertTrue(opened.size() > 1);
    for (ManagedChannel channel : opened) {
      assertTrue(channel.awaitTermination(30, TimeUnit.SECONDS));
    }
  }
}
