package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.EventType;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.ResponseHeader;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.watch.WatchBatch;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watch call that was begun by a thread without an event loop. */
@Timeout(60)
class WatchCallTest {
  private static final int MESSAGES = 100;
  private static final int VALUE_BYTES = 100_000;

  private final CompletableFuture<WatchSink> opened = new CompletableFuture<>();
  private final AtomicInteger reentered = new AtomicInteger();
  private final CountDownLatch idle = new CountDownLatch(1);
  private volatile Thread delivering;
  private WatchGrpcService service;
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    WatchStream stream =
        proxy(
            WatchStream.class,
            method -> {
              // The one who delivers holds the hub's lock and goes through its lists.
              if (Thread.currentThread() == delivering && !method.equals("busy")) {
                reentered.incrementAndGet();
              }
              if (method.equals("idle")) {
                idle.countDown();
              }
              return null;
            });
    WatchService watches =
        (WatchService)
            Proxy.newProxyInstance(
                WatchService.class.getClassLoader(),
                new Class<?>[] {WatchService.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("header")) {
                    return new ResponseHeader(1, 2, (long) arguments[0], 3);
                  }
                  opened.complete((WatchSink) arguments[1]);
                  return stream;
                });
    service = new WatchGrpcService(watches, 1 << 20);
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(service).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  private interface Answer {
    Object to(String method);
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> answer.to(method.getName())));
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  /** Each of a thousand that wait would keep a large message. */
  @Test
  void keepsNothingEncodedWhileItWaitsForMemory() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> call = new StreamProbe<>();
    WatchGrpc.newStub(channel).watch(call);
    WatchSink sink = opened.get(30, TimeUnit.SECONDS);
    assertTrue(service.memory().take(Long.MAX_VALUE / 2, () -> {}));
    byte[] value = new byte[VALUE_BYTES];
    KeyValue before = new KeyValue(new byte[] {'k'}, 2, 2, 1, value, 0);
    KeyValue now = new KeyValue(new byte[] {'k'}, 2, 3, 2, value, 0);
    WatchBatch batch = new WatchBatch(List.of(Event.of(EventType.PUT, now, before)));
    for (boolean previous : new boolean[] {true, false, true}) {
      sink.deliver(new WatchMessage.Events(7, 3, batch, previous));
    }
    while (sink.isReady() || batch.encoded(true).isPresent()) {
      Thread.sleep(1);
    }
    assertTrue(batch.encodedBytes(true) > 2 * VALUE_BYTES);
    service.memory().giveBack(Long.MAX_VALUE / 2);
    assertTrue(call.next().getEvents(0).hasPrevKv());
    assertFalse(call.next().getEvents(0).hasPrevKv());
    assertEquals(VALUE_BYTES, call.next().getEvents(0).getPrevKv().getValue().size());
    // A client that reads gives everything back.
    while (!service.memory().take(Long.MAX_VALUE / 2, () -> {})) {
      Thread.sleep(1);
    }
  }

  @Test
  void doesNothingToTheStreamWhileItIsToldOfSomething() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> call = new StreamProbe<>();
    WatchGrpc.newStub(channel).watch(call);
    WatchSink sink = opened.get(30, TimeUnit.SECONDS);
    delivering = Thread.currentThread();
    for (int i = 0; i < MESSAGES; i++) {
      sink.deliver(new WatchMessage.Progress(7, i + 1));
    }
    delivering = null;
    for (int i = 0; i < MESSAGES; i++) {
      WatchResponse response = call.next();
      assertEquals(i + 1, response.getHeader().getRevision());
      assertFalse(response.getCreated());
    }
    assertTrue(idle.await(30, TimeUnit.SECONDS), "it never became idle");
    assertEquals(0, reentered.get());
  }
}
