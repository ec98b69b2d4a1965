package io.holdfast.server.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The load generator against a server that counts what it is asked. */
class BenchCommandTest {
  private final AtomicInteger puts = new AtomicInteger();
  private final AtomicInteger ranges = new AtomicInteger();
  private final Set<String> keys = ConcurrentHashMap.newKeySet();
  private final Queue<String> watched = new ConcurrentLinkedQueue<>();
  private volatile int failEvery = Integer.MAX_VALUE;
  private Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addService(new CountingStore())
            .addService(new CreatingWatches())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  @Test
  void sendsExactlyTheRequestedTotal() {
    Run run = run("put", "--total", "500", "--clients", "7", "--conns", "2", "--json");
    assertEquals(0, run.exitCode, run.err);
    assertEquals(500, puts.get());
    assertTrue(run.out.contains("\"operations\":500"), run.out);
  }

  @Test
  void fillsTheKeySpaceBeforeReading() {
    Run run =
        run("range", "--total", "10", "--clients", "2", "--key-space", "50", "--range-size", "50");
    assertEquals(0, run.exitCode, run.err);
    assertEquals(50, keys.size());
    assertEquals(10, ranges.get());
  }

  @Test
  void reportsFailuresByReason() {
    failEvery = 2;
    Run run = run("put", "--total", "20", "--clients", "1", "--conns", "1", "--json");
    assertEquals(0, run.exitCode, run.err);
    assertTrue(run.out.contains("\"operations\":10,\"failures\":10"), run.out);
    assertTrue(run.err.contains("10 x RESOURCE_EXHAUSTED: full"), run.err);
  }

  @Test
  void saysWhyNothingWasMeasured() {
    failEvery = 1;
    Run run = run("put", "--total", "2", "--clients", "1", "--conns", "1");
    assertEquals(1, run.exitCode);
    assertTrue(run.err.contains("no request was answered"), run.err);
  }

  @Test
  void comparesTwoStoresInAlternatingWindows() {
    Run run =
        run(
            "put",
            "--total",
            "50",
            "--clients",
            "2",
            "--windows",
            "3",
            "--against",
            "127.0.0.1:" + server.getPort());
    assertEquals(0, run.exitCode, run.err);
    assertEquals(2 * 3 * 50, puts.get());
    assertTrue(run.out.contains("ratio"), run.out);
  }

  @Test
  void watchersShareOneKeyOrHaveTheirOwn() {
    String[] load = {
      "watch", "--watchers", "6", "--streams", "2", "--total", "30", "--clients", "2"
    };
    run(load);
    assertEquals(6, watched.size());
    assertEquals(1, Set.copyOf(watched).size());
    assertEquals(Set.copyOf(watched), keys);
    watched.clear();
    keys.clear();
    String[] own = Arrays.copyOf(load, load.length + 1);
    own[load.length] = "--own-keys";
    run(own);
    assertEquals(6, watched.size());
    assertEquals(6, Set.copyOf(watched).size());
    assertTrue(watched.containsAll(keys), () -> keys + " were put, not only " + watched);
  }

  @Test
  void refusesNonsenseWithTheUsageCode() {
    assertEquals(2, run("put", "--clients", "0").exitCode);
    assertEquals(2, run("put", "--total", "5", "--seconds", "1").exitCode);
    assertEquals(2, run("nothing").exitCode);
    Run shortKeys = run("put", "--key-size", "7", "--key-space", "1000");
    assertEquals(1, shortKeys.exitCode);
    assertTrue(shortKeys.err.contains("--key-size 7 is too short"), shortKeys.err);
    Run fewKeys =
        run("watch", "--own-keys", "--watchers", "9", "--streams", "1", "--key-space", "8");
    assertEquals(1, fewKeys.exitCode);
    assertTrue(fewKeys.err.contains("raise --key-space 8"), fewKeys.err);
  }

  private record Run(int exitCode, String out, String err) {}

  private Run run(String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--endpoints";
    all[arguments.length + 1] = "127.0.0.1:" + server.getPort();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream originalOut = System.out;
    PrintStream originalErr = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int exitCode = new CommandLine(new BenchCommand()).execute(all);
      return new Run(
          exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(originalOut);
      System.setErr(originalErr);
    }
  }

  /** Confirms every watcher, and never has an event for it. */
  private final class CreatingWatches extends WatchGrpc.WatchImplBase {
    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> answers) {
      return new StreamObserver<>() {
        @Override
        public void onNext(WatchRequest request) {
          watched.add(request.getCreateRequest().getKey().toStringUtf8());
          answers.onNext(WatchResponse.newBuilder().setCreated(true).build());
        }

        @Override
        public void onError(Throwable hungUp) {
          // The window is over.
        }

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }

  private final class CountingStore extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> answer) {
      keys.add(request.getKey().toStringUtf8());
      if (puts.incrementAndGet() % failEvery == 0) {
        answer.onError(Status.RESOURCE_EXHAUSTED.withDescription("full").asRuntimeException());
        return;
      }
      answer.onNext(PutResponse.getDefaultInstance());
      answer.onCompleted();
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
      ranges.incrementAndGet();
      answer.onNext(RangeResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
